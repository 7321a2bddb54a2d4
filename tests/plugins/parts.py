"""The real parts that tests talk to: Debian's PostgreSQL and Debian's Chromium."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.chromium import chromium

FOR_TESTS_ONLY = {
    # Nothing here has to survive a power cut.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
}


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The maintenance database of a PostgreSQL server in which tests may make databases of their own.

    `CYTOREVIEW_TEST_POSTGRES_URL` names one that runs already; else a server is started for this session.
    """
    given = os.environ.get("CYTOREVIEW_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    programs = newest_postgres()
    if programs is None:
        pytest.skip("PostgreSQL is not installed. On Debian: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="cytoreview-pg-"))
    try:
        owner = owner_of_server()
        if owner:
            shutil.chown(folder, owner)
        data, log = folder / "data", folder / "log"
        settings = " ".join(f"-c {name}='{value}'" for name, value in FOR_TESTS_ONLY.items())
        options = f"-k {folder} {settings}"
        run(
            owner,
            programs / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
        )
        run(owner, programs / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start")
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            # pg_ctl ends the process whose id the server wrote into its own folder, and no other.
            run(owner, programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """Debian's Chromium, or the browser that `CYTOREVIEW_TEST_CHROMIUM` names."""
    found = chromium()
    if found is None:
        pytest.skip("Chromium is not installed. On Debian: apt-get install chromium")
    return found


def newest_postgres() -> Path | None:
    """The folder of the newest server's programs."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((program.parent for program in found), key=lambda folder: float(folder.parent.name), default=None)


def owner_of_server() -> str | None:
    """Whom the server has to run as: PostgreSQL refuses root. None for ourselves."""
    if os.geteuid() != 0:
        return None
    return pwd.getpwnam("postgres").pw_name


def run(owner: str | None, *command: str | Path) -> None:
    """Run one of PostgreSQL's programs to its end, in its owner's name; what it printed is in the error."""
    done = subprocess.run(
        command,
        user=owner,
        group=owner,
        extra_groups=[] if owner else None,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stdout}{done.stderr}")
