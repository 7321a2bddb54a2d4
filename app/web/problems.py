"""Errors as the outside sees them: problem details (RFC 9457) under ``/api``, a page elsewhere."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from app import errors
from app.web.speech import Speech, language_for
from app.web.templating import page
from app.words import msg

STATUS: dict[type[errors.CytoreviewError], int] = {
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Invalid: 422,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}

MISFITS = {
    "missing": msg("Fill this in."),
    "string_too_short": msg("At least {min_length} characters."),
    "string_too_long": msg("At most {max_length} characters."),
    "string_pattern_mismatch": msg("This doesn't have the form that is asked for."),
    "too_short": msg("At least {min_length}."),
    "too_long": msg("At most {max_length}."),
    "greater_than": msg("More than {gt:g}."),
    "greater_than_equal": msg("At least {ge:g}."),
    "less_than": msg("Less than {lt:g}."),
    "less_than_equal": msg("At most {le:g}."),
    "int_parsing": msg("A whole number."),
    "int_type": msg("A whole number."),
    "int_from_float": msg("A whole number."),
    "float_parsing": msg("A number."),
    "float_type": msg("A number."),
    "enum": msg("One of {expected}."),
    "literal_error": msg("One of {expected}."),
    "value_error": msg("This value can't be used."),
    "json_invalid": msg("The request can't be read."),
}
"""What pages say of a value that doesn't fit, by the validator's kind of error, where they don't speak English."""


def problem(
    request: Request,
    status: int,
    title: str,
    detail: str,
    fields: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The answer to a request that failed, as the caller can read it."""
    request_id = getattr(request.state, "request_id", "")
    if is_api(request):
        body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        if fields:
            body["errors"] = fields
            body["field"] = fields[0]["field"]
        body["request_id"] = request_id
        return JSONResponse(body, status, headers, media_type="application/problem+json")
    answer = page(
        request,
        "web/not_found.html" if status == 404 else "web/error.html",
        None,
        status=status,
        title=title,
        detail=detail,
    )
    answer.status_code = status
    answer.headers.update(headers or {})
    return answer


def is_api(request: Request) -> bool:
    """Whether a program asks, rather than a browser that shows a page."""
    return request.url.path.startswith("/api/v1/")


def install_problem_handlers(application: FastAPI) -> None:
    """Give every kind of error its one answer."""
    application.add_exception_handler(errors.CytoreviewError, known_error)
    application.add_exception_handler(RequestValidationError, invalid_request)
    application.add_exception_handler(HTTPException, http_error)


def known_error(request: Request, error: Exception) -> Response:
    """An error of one of the product's kinds."""
    assert isinstance(error, errors.CytoreviewError)
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    if status == 401 and not is_api(request) and request.method in ("GET", "HEAD"):
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?{urlencode({'next': target})}", 303)
    headers = {}
    if isinstance(error, errors.TooMany):
        headers["Retry-After"] = str(error.retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    speech = language_for(request)
    message = speech.error(error)
    fields = [{"field": error.field, "message": message}] if error.field else None
    return problem(request, status, speech.say(error.title), message, fields, headers)


def invalid_request(request: Request, error: Exception) -> Response:
    """A body, query or path that doesn't fit the schema: every field with what is wrong there."""
    assert isinstance(error, RequestValidationError)
    speech = language_for(request)
    fields = [
        {
            "field": ".".join(str(part) for part in item["loc"][1:]) or str(item["loc"][0]),
            "message": misfit(speech, item),
        }
        for item in error.errors()
    ]
    first = fields[0] if fields else {"field": "", "message": speech.say("The request can't be read.")}
    detail = f"{first['field']}: {first['message']}"
    if len(fields) > 1:
        detail += f" ({speech.say('and {n} more', n=len(fields) - 1)})"
    return problem(request, 422, speech.say(errors.Invalid.title), detail, fields)


def misfit(speech: Speech, item: Mapping[str, Any]) -> str:
    """Why a value doesn't fit: in the validator's own English, and in words of ours for whom that says nothing."""
    words = MISFITS.get(item["type"])
    if speech.is_english or words is None:
        return str(item["msg"])
    return speech.say(words, **item.get("ctx", {}))


def http_error(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: no such path, wrong method."""
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    return problem(request, error.status_code, title, str(error.detail), None, dict(error.headers or {}))


def unexpected_error(request: Request) -> Response:
    """A defect of ours: the log has the traceback under the request's id, the caller has the id."""
    speech = language_for(request)
    return problem(
        request,
        500,
        speech.say("Unexpected error"),
        speech.say("Something went wrong on the server. Nothing was recorded. Try again."),
    )
