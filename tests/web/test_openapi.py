"""The OpenAPI document holds together, and no request made up from it is ever our fault."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import requests
import schemathesis
from fastapi.routing import APIRoute, iter_route_contexts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR
from sqlalchemy import select

from app.accounts.models import User
from app.catalogue.models import Cell
from app.database import Database
from app.images.store import BlobStore
from app.main import create_application
from app.review.models import Assignment
from app.settings import Settings
from tests.factories import in_one_go
from tests.serving import Server, token_for

EXAMPLES = 10
ROUTES_OF_THE_MAIN_JOB = {
    "/api/v1/label-sets",
    "/api/v1/datasets",
    "/api/v1/datasets/{dataset}/imports",
    "/api/v1/jobs/{job_id}",
    "/api/v1/cells",
    "/api/v1/rounds/{round_id}/queue",
    "/api/v1/reviews",
    "/api/v1/disputes",
    "/api/v1/cells/{cell_id}/adjudication",
    "/api/v1/datasets/{dataset}/releases",
    "/api/v1/users",
    "/api/v1/tokens",
    "/api/v1/audit/events",
}


@pytest.fixture
def document(sqlite_database: Database, tmp_path: Path) -> dict[str, Any]:
    """The document as a client reads it."""
    blobs = BlobStore((tmp_path / "blobs").as_uri())
    made = create_application(Settings(home=tmp_path), sqlite_database, blobs).openapi()
    read: dict[str, Any] = json.loads(json.dumps(made))
    return read


def references(part: object) -> Iterator[str]:
    """Every `$ref` below a part."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def target(document: dict[str, Any], reference: str) -> object:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(document)] == []
    assert set(document["paths"]) >= ROUTES_OF_THE_MAIN_JOB


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    assert [each for each in references(document) if target(document, each) is None] == []


def test_operations_have_names_of_their_own_and_say_what_they_do(document: dict[str, Any]) -> None:
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation["description"] for operation in operations)


def known_to(database: Database) -> dict[str, Any]:
    """A dataset with an open round, by the names that paths and bodies have for its parts."""
    round_id, _ = in_one_go(database, [["monocyte"], ["lymphocyte"]], reviewers=["admin"])
    with database.reading() as session:
        return {
            "round_id": round_id,
            "round": round_id,
            "dataset": "smears",
            "reviewers": ["admin"],
            "number": 1,
            "other": 1,
            "name": "mll23",
            "cell_id": session.scalar(select(Cell.pid)),
            "assignment_id": session.scalar(select(Assignment.pid)),
            "user_id": session.scalar(select(User.pid).where(User.name == "reviewer1")),
            "label": "monocyte",
        }


def acquainted(value: Any, known: dict[str, Any]) -> Any:
    """The same with what is there in the place of what was made up."""
    if isinstance(value, dict):
        return {name: known.get(name) or acquainted(each, known) for name, each in value.items()}
    if isinstance(value, list):
        return [acquainted(each, known) for each in value]
    return value


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_made_up_from_the_document_is_a_defect(
    server: Server, database: Database, mode: GenerationMode
) -> None:
    token_for(database, "reviewer1")
    token = token_for(database, "admin", "admin")
    known = known_to(database)
    schema = schemathesis.openapi.from_url(f"{server.url}/api/v1/openapi.json")
    defects: list[str] = []
    answered: set[int] = set()

    def ask(operation: Any, calls: requests.Session) -> None:
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), acquaint=st.booleans())
        def asked(case: Any, acquaint: bool) -> None:
            if acquaint:
                real = {name: known[name] for name in case.path_parameters if name in known}
                case.path_parameters = {**case.path_parameters, **real}
                case.body = acquainted(case.body, known)
            answer = case.call(base_url=server.url, session=calls, headers={"Authorization": f"Bearer {token}"})
            if operation.definition.raw["x-role"] != "public":
                answered.add(answer.status_code)
            if answer.status_code >= 500:
                defects.append(f"{answer.status_code} {case.as_curl_command()}\n{answer.text}")

        asked()

    with requests.Session() as calls:
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            ask(found.ok(), calls)
    assert defects == []
    assert 401 not in answered
    assert {200, 422} <= answered


def models_in(kind: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation is made of."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for field in kind.model_fields.values():
            yield from models_in(field.annotation)
    for part in get_args(kind):
        yield from models_in(part)


def takes(model: type[BaseModel], name: str, value: str) -> bool:
    """Whether a model accepts this text in a field, whatever else it needs."""
    try:
        model.model_validate({name: value})
    except ValidationError as error:
        return all(one["loc"][0] != name for one in error.errors())
    return True


def test_no_text_of_a_body_may_hold_what_a_database_can_not_keep(sqlite_database: Database, tmp_path: Path) -> None:
    blobs = BlobStore((tmp_path / "blobs").as_uri())
    application = create_application(Settings(home=tmp_path), sqlite_database, blobs)
    bodies = [
        context.route.body_field.field_info.annotation
        for context in iter_route_contexts(application.routes)
        if isinstance(context.route, APIRoute) and context.route.body_field
    ]
    fields = {(model, name) for body in bodies for model in models_in(body) for name in model.model_fields}
    texts = [(model, name) for model, name in fields if takes(model, name, "a")]
    assert len(texts) > 15
    assert [f"{model.__name__}.{name}" for model, name in texts if takes(model, name, "a\0")] == []
