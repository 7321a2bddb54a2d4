"""The wheel that a laboratory installs: it runs from any folder, and nothing else's `app` gets in its way."""

import os
import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest


@pytest.fixture(scope="module")
def wheel(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root, built = pytestconfig.rootpath, tmp_path_factory.mktemp("dist")
    build_tools = {"PYTHONPATH": str(root / "build" / "tools")}
    run(
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-t",
        "wheel",
        "-d",
        built,
        cwd=root,
        environment=build_tools,
    )
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment in which nothing but the wheel was asked for."""
    programs = tmp_path_factory.mktemp("environment") / "bin"
    venv.create(programs.parent, with_pip=True)
    run(programs / "python", "-m", "pip", "install", "--quiet", wheel, cwd=programs.parent)
    return programs


def run(*command: str | Path, cwd: Path, environment: dict[str, str] | None = None) -> str:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command, cwd=cwd, env=inherited | (environment or {}), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def test_everything_lies_under_one_name(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"cytoreview", wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"}
    assert {name.split("/")[2] for name in names if name.startswith("cytoreview/_site/")} == {
        "app",
        "migrations",
        "static",
        "templates",
        "translations",
    }


def test_it_carries_data_but_no_leftovers(wheel: Path, pytestconfig: pytest.Config) -> None:
    packed = set(ZipFile(wheel).namelist())
    tracked = run(
        "git", "ls-files", "app", "migrations", "static", "templates", "translations", cwd=pytestconfig.rootpath
    )
    assert {f"cytoreview/_site/{name}" for name in tracked.splitlines()} <= packed
    assert not [name for name in packed if "__pycache__" in name or name.endswith(".pyc")]


def test_the_command_runs_from_any_folder(installed: Path, tmp_path: Path) -> None:
    assert "import" in run(installed / "cytoreview", "--help", cwd=tmp_path)
    assert "import" in run(installed / "python", "-m", "cytoreview", "--help", cwd=tmp_path)


def test_no_other_distribution_takes_the_place_of_our_rooms(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path)
    other = Path(where.strip()) / "app"
    other.mkdir()
    other.joinpath("__init__.py").write_text("raise ImportError('somebody else’s app')")
    tmp_path.joinpath("app.py").write_text("raise ImportError('a stray file')")
    assert "import" in run(installed / "cytoreview", "--help", cwd=tmp_path)
    assert "import" in run(installed / "python", "-m", "cytoreview", "--help", cwd=tmp_path)
