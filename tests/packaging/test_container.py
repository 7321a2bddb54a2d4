"""What can be held of the container's files where no container engine runs."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY$")
REQUIRED = re.compile(r"\$\{(\w+):\?[^}]+\}")


@pytest.fixture
def root(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath


@pytest.fixture
def compose(root: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((root / "docker-compose.yml").read_text())
    return document


@pytest.fixture
def instructions(root: Path) -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, continued lines joined."""
    lines = re.sub(r"\\\n", " ", (root / "Dockerfile").read_text()).splitlines()
    parts = [line.split(maxsplit=1) for line in lines if line.strip() and not line.startswith("#")]
    return [(name, argument) for name, argument in parts]


def test_no_secret_has_a_default(compose: dict[str, Any]) -> None:
    values = {name: value for service in compose["services"].values() for name, value in service["environment"].items()}
    secrets = {name: value for name, value in values.items() if SECRET.search(name)}
    assert secrets
    assert all(REQUIRED.fullmatch(value) for value in secrets.values())
    password = re.search(r"//[^:]+:(.*)@database/", values["CYTOREVIEW_DATABASE_URL"])
    assert password
    assert REQUIRED.fullmatch(password[1])


def test_what_has_no_default_is_explained_in_the_example(root: Path, compose: dict[str, Any]) -> None:
    required = set(REQUIRED.findall(yaml.safe_dump(compose, width=10_000)))
    example = (root / ".env.example").read_text()
    assert required == set(re.findall(r"^(\w+)=$", example, re.MULTILINE))


def test_the_app_waits_for_a_healthy_database_and_its_schema(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["app"]["depends_on"] == {
        "database": {"condition": "service_healthy"},
        "migrate": {"condition": "service_completed_successfully"},
    }
    assert services["migrate"]["command"] == ["migrate"]
    assert services["database"]["healthcheck"]["test"][0] == "CMD"


def test_what_must_last_lies_in_volumes(compose: dict[str, Any]) -> None:
    mounted = {name: service["volumes"] for name, service in compose["services"].items()}
    assert "home:/var/lib/cytoreview" in mounted["app"]
    assert mounted["database"] == ["database:/var/lib/postgresql/data"]
    assert set(compose["volumes"]) == {"home", "database"}


def test_only_loopback_reaches_the_app_without_tls(compose: dict[str, Any]) -> None:
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_image_does_not_run_as_root_and_says_how_it_is(instructions: list[tuple[str, str]]) -> None:
    last_stage = instructions[max(at for at, (name, _) in enumerate(instructions) if name == "FROM") :]
    arguments = dict(last_stage)
    assert int(arguments["USER"]) > 0
    assert "/readyz" in arguments["HEALTHCHECK"]


def test_the_image_is_built_from_locked_packages_and_from_files_the_builder_is_given(
    root: Path, instructions: list[tuple[str, str]]
) -> None:
    commands = [argument for name, argument in instructions if name == "RUN"]
    installs = [part for command in commands for part in command.split("&&") if "pip install" in part]
    assert installs
    assert all("--require-hashes" in install or "--no-deps" in install for install in installs)
    given = set(re.findall(r"^!(.+)$", (root / ".dockerignore").read_text(), re.MULTILINE))
    copied = [
        source
        for name, argument in instructions
        if name == "COPY" and not argument.startswith("--from")
        for source in argument.split()[:-1]
    ]
    assert {source.split("/")[0] for source in copied} == given
    assert all((root / source).exists() for source in copied)
