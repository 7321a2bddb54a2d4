"""What happens to tests that are left out."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

LEFT_OUT = """
    import pytest

    def test_that_needs_a_part():
        pytest.skip("PostgreSQL is not installed")

    def test_that_needs_nothing():
        pass
"""

NEEDS_SHARED = """
    import pytest

    @pytest.mark.shared
    def test_that_needs_reference_data(shared_folder):
        assert shared_folder.is_dir()
"""


@pytest.fixture
def clone(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A clone with its own tests, one folder down so that `../shared` may lie beside it."""
    folder = pytester.mkdir("clone")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = shared: x\naddopts = -p tests.plugins.no_missing_parts\n")
    monkeypatch.chdir(folder)
    pytester.chdir()
    monkeypatch.chdir(folder)
    return pytester


def run(pytester: pytest.Pytester, body: str) -> pytest.RunResult:
    source = pytester.makepyfile(body)
    source.rename(Path.cwd() / "test_it.py")
    return pytester.runpytest_subprocess("test_it.py")


def test_a_part_missing_from_a_laptop_skips_its_tests(clone: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    run(clone, LEFT_OUT).assert_outcomes(passed=1, skipped=1)


def test_a_part_missing_from_ci_fails_its_tests(clone: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    result = run(clone, LEFT_OUT)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*this one was left out*PostgreSQL is not installed*"])


def test_a_module_left_out_in_ci_is_an_error(clone: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    result = run(clone, "import pytest\npytest.importorskip('a_part_that_is_missing')")
    result.assert_outcomes(errors=1)


def test_an_expected_failure_is_no_missing_part(clone: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    body = "import pytest\n@pytest.mark.xfail\ndef test_known_defect(): assert False"
    run(clone, body).assert_outcomes(xfailed=1)


def test_reference_data_may_be_missing_from_a_clone_that_stands_alone(
    clone: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    run(clone, NEEDS_SHARED).assert_outcomes(skipped=1)


def test_reference_data_beside_a_clone_are_used(clone: pytest.Pytester) -> None:
    Path.cwd().parent.joinpath("shared").mkdir()
    run(clone, NEEDS_SHARED).assert_outcomes(passed=1)
