"""Where CI runs the tests, one that is skipped for want of a part is a failure: green means that all ran.

The one exception are tests marked `shared`: they need the reference data that lie beside a clone, in
`../shared`, and a clone that stands alone cannot have them.
"""

import os
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

STANDS_ALONE = "needs the reference data, and this clone has no folder ../shared beside it"


def shared_folder_of(config: pytest.Config) -> Path:
    """Where the reference data would be."""
    return config.rootpath.parent / "shared"


@pytest.fixture(scope="session")
def shared_folder(pytestconfig: pytest.Config) -> Path:
    """The reference data beside the clone; only for tests marked `shared`."""
    return shared_folder_of(pytestconfig)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if shared_folder_of(config).is_dir():
        return
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(pytest.mark.skip(reason=STANDS_ALONE))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return failed_if_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return failed_if_skipped((yield))


def failed_if_skipped(report: Report) -> Report:
    """The report itself, or a failure in its place where it says in CI that something was left out."""
    expected = hasattr(report, "wasxfail") or STANDS_ALONE in str(report.longrepr)
    if report.skipped and not expected and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"CI runs every test, and this one was left out. {reason}"
    return report
