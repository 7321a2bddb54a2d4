"""The parts that other tests stand on."""

import subprocess
from pathlib import Path

import psycopg


def test_postgres_lets_a_test_make_a_database_of_its_own(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as server:
        assert server.info.server_version >= 150000
        server.execute("CREATE DATABASE of_its_own")
        server.execute("DROP DATABASE of_its_own")


def test_chromium_can_be_run(chromium_path: Path) -> None:
    said = subprocess.run([chromium_path, "--version"], capture_output=True, text=True, check=True).stdout
    assert "Chrom" in said
