"""Assembling the application: rooms' routes, the edge, the jobs."""

import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from sqlalchemy import literal, select
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from app.accounts import api as accounts_api
from app.accounts import pages as accounts_pages
from app.accounts.access import Door, Public
from app.browse import api as browse_api
from app.browse import pages as browse_pages
from app.browse.navigation import navigation
from app.catalogue import api as catalogue_api
from app.catalogue import pages as catalogue_pages
from app.catalogue import tasks as catalogue_tasks
from app.database import Database
from app.images.store import BlobStore
from app.jobs.runner import Runner
from app.labels.service import store_builtin_label_sets
from app.quality import api as quality_api
from app.quality import pages as quality_pages
from app.quality import tasks as quality_tasks
from app.releases import api as releases_api
from app.releases import pages as releases_pages
from app.releases import tasks as releases_tasks
from app.review import api as review_api
from app.review import pages as review_pages
from app.review import tasks as review_tasks
from app.review.refitting import FIT
from app.settings import Settings
from app.web.edge import Edge
from app.web.problems import install_problem_handlers
from app.web.templating import SITE, static_digest

# Routes are tried in this order: those that reviewing asks for all day come first.
ROUTERS = (
    review_api.router,
    accounts_api.router,
    accounts_pages.router,
    catalogue_api.router,
    catalogue_pages.router,
    browse_api.router,
    browse_pages.router,
    quality_api.router,
    quality_pages.router,
    releases_api.router,
    releases_pages.router,
    review_pages.router,
)
STATIC_DIGEST = re.compile(r"[0-9a-f]{10}")
LOOPBACK = ["127.0.0.1", "localhost", "[::1]", "::1"]

health = APIRouter(tags=["health"])


@cache
def code_version() -> str:
    """The version of the distribution that runs."""
    try:
        return version("cytoreview")
    except PackageNotFoundError:
        return "unpackaged"


class Static(StaticFiles):
    """Files below the digest of them all may be kept for ever; below another or none they are asked for again."""

    def get_path(self, scope: Scope) -> str:
        """The file's path below the folder; a digest in front of it is no folder."""
        first, _, rest = super().get_path(scope).partition(os.sep)
        return rest if STATIC_DIGEST.fullmatch(first) else os.path.join(first, rest)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_current = f"/{static_digest()}/" in scope.get("path", "")

        async def send_with_age(message: Any) -> None:
            if message["type"] == "http.response.start":
                is_kept = is_current and message["status"] < 400
                kept = b"public, max-age=31536000, immutable" if is_kept else b"no-cache"
                message["headers"] = [*message["headers"], (b"cache-control", kept)]
            await send(message)

        await super().__call__(scope, receive, send_with_age)


def create_application(settings: Settings, database: Database, blobs: BlobStore) -> FastAPI:
    """The application over a database and a blob store that are ready."""

    @asynccontextmanager
    async def lifespan(application: FastAPI) -> AsyncIterator[None]:
        with database.writing() as session:
            store_builtin_label_sets(session)
        runner = Runner(database, job_handlers(blobs), slow=("import", "features", "suspicion", FIT))
        runner.start()
        yield
        runner.stop()

    application = FastAPI(
        title="cytoreview",
        version=code_version(),
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    application.state.settings = settings
    application.state.database = database
    application.state.blobs = blobs
    application.state.navigation = navigation(database)
    for router in (*ROUTERS, health):
        application.include_router(router)
    application.mount("/static", Static(directory=SITE / "static"), name="static")
    application.openapi = partial(openapi, application)  # type: ignore[method-assign]
    application.get("/api/v1/openapi.json", include_in_schema=False, dependencies=[Public])(
        lambda: JSONResponse(application.openapi())
    )
    application.get("/readyz", include_in_schema=False, dependencies=[Public])(partial(ready, database))
    install_problem_handlers(application)
    application.add_middleware(TrustedHostMiddleware, allowed_hosts=allowed_hosts(settings))
    application.add_middleware(Edge)
    return application


def job_handlers(blobs: BlobStore) -> Mapping[str, Any]:
    """Who does which kind of job."""
    return {
        **catalogue_tasks.handlers(blobs),
        **quality_tasks.handlers(),
        **releases_tasks.handlers(blobs),
        "plan_round": review_tasks.plan_round,
        "recount_round": review_tasks.recount_round,
        "recount_dataset": review_tasks.recount_dataset,
        FIT: review_tasks.fit_consensus,
    }


@health.get("/healthz", include_in_schema=False, dependencies=[Public])
async def healthy() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


def ready(database: Database) -> dict[str, str]:
    """The process can do its work: the database answers."""
    with database.reading() as session:
        session.scalar(select(literal(1)))
    return {"status": "ok", "version": code_version()}


def allowed_hosts(settings: Settings) -> list[str]:
    """The names under which people may reach the server."""
    if settings.allowed_hosts:
        return settings.allowed_hosts
    public = urlsplit(settings.public_url).hostname
    return list(dict.fromkeys([*LOOPBACK, settings.host, *([public] if public else [])]))


def openapi(application: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document, made once, in which every operation says who may call it."""
    if application.openapi_schema is None:
        document = get_openapi(
            title="cytoreview",
            version=code_version(),
            summary="Review single-cell blood images, settle disagreements, publish the consensus.",
            routes=application.routes,
        )
        schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["token"] = {"type": "http", "scheme": "bearer", "description": "A personal token."}
        schemes["session"] = {"type": "apiKey", "in": "cookie", "name": "cytoreview_session"}
        for path, method, role in doors(application):
            operation = document["paths"].get(path, {}).get(method.lower())
            if operation is not None:
                operation["security"] = [{"token": []}, {"session": []}] if role else []
                operation["x-role"] = role or "public"
                operation.setdefault("responses", {})["default"] = PROBLEM
        application.openapi_schema = document
    return application.openapi_schema


PROBLEM = {
    "description": "What is wrong and how to mend it (RFC 9457).",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["title", "status", "detail"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                    "field": {"type": "string"},
                    "request_id": {"type": "string"},
                },
            }
        }
    },
}


def doors(application: FastAPI) -> list[tuple[str, str, str | None]]:
    """Every route with its method and the role that it asks for, None for a public one."""
    found: list[tuple[str, str, str | None]] = []
    for context in iter_route_contexts(application.routes):
        dependant = getattr(context, "dependant", None) or getattr(context.route, "dependant", None)
        if dependant is None or context.path is None:
            continue
        role = next((str(call.role) for call in calls(dependant) if isinstance(call, Door)), None)
        found.extend((context.path, method, role) for method in sorted(context.methods or ()))
    return found


def calls(dependant: Any) -> list[Any]:
    """What a route depends on, however deep."""
    return [each for below in dependant.dependencies for each in (below.call, *calls(below))]
