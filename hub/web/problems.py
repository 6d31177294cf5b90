"""Every error as a problem document (RFC 9457): what is wrong, which field, and what to do next.

The only place that turns an error into HTTP. A document never repeats what was sent, and never shows what went
wrong inside: an unexpected error is logged with its kind and its path through the code, and told as a bare 500.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus

import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from agencies.wire import Problem
from hub import errors, plain
from hub.store.faults import may_pass

log = structlog.get_logger("hub.web")

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:checkback:problem:"
RETRY_AFTER = 2  # seconds

STATUS: dict[type[errors.CheckbackError], HTTPStatus] = {
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
}

TITLES = {
    "unauthenticated": "Who is calling is not known",
    "forbidden": "This is not for the caller to do",
    "not-found": "There is nothing here for the caller",
    "conflict": "It cannot be done as things stand",
    "idempotency-key-reused": "The Idempotency-Key belongs to another body",
    "wrong-state": "The journey has no such move from here",
    "invalid": "The request says something that cannot be",
    "not-ready": "A part of the hub is not up",
    "no-key": "An agency has no key to seal to yet",
    "bad-request": "The request cannot be read",
    "method-not-allowed": "This address does not take that method",
    "too-slow": "The body did not arrive in time",
    "too-large": "The body is too large",
    "wrong-media-type": "The body is not JSON",
    "too-many": "Too many requests",
    "unexpected": "Something went wrong in the hub",
}


class Refusal(errors.CheckbackError):
    """What only HTTP can get wrong. `status` and `headers` go on the answer."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        next: str,  # noqa: A002 - the word of the problem document
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail, next=next)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


def too_many(detail: str, *, wait: float) -> Refusal:
    seconds = max(1, round(wait + 0.5))
    return Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too-many",
        detail,
        next=f"wait {seconds} seconds, then send it again",
        headers={"retry-after": str(seconds)},
    )


def answer(fault: Exception) -> Response:
    """The document for any error whatever."""
    if isinstance(fault, errors.CheckbackError):
        return _of_ours(fault)
    if isinstance(fault, HTTPException):
        return _of_starlette(fault)
    if isinstance(fault, ValidationError):
        return _of_ours(invalid_body(fault))
    if isinstance(fault, SQLAlchemyError) and may_pass(fault):
        log.warning("the database does not answer", exc_info=fault)
        return _of_ours(
            errors.NotReady(
                "the hub's database does not answer at this moment",
                next="send the same request again, with the same Idempotency-Key, after the time in Retry-After",
            )
        )
    log.error("unexpected", exc_info=fault)
    return _document(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "unexpected",
        "an error that nobody foresaw; it has been logged",
        "send it again with the same Idempotency-Key; if it persists, give the X-Request-Id to the hub's operator",
    )


def invalid_body(
    fault: ValidationError, model: type[BaseModel] = BaseModel, *, whole: str = "body"
) -> errors.Invalid:
    """Of a body or a query, and without a word of what was sent."""
    return errors.Invalid(
        "the request says something that cannot be",
        next="mend the fields named in errors; /openapi.json has an example",
        faults=plain.faults(fault, model, whole=whole),
    )


def _of_ours(fault: errors.CheckbackError) -> Response:
    if isinstance(fault, Refusal):
        return _document(fault.status, fault.code, fault.detail, fault.next, headers=fault.headers)
    status = next(STATUS[kind] for kind in type(fault).__mro__ if kind in STATUS)
    headers: dict[str, str] = {}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="checkback"'
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = str(RETRY_AFTER)
    return _document(status, fault.code, fault.detail, fault.next, faults=fault.faults, headers=headers)


def _of_starlette(fault: HTTPException) -> Response:
    headers = dict(fault.headers or {})
    if fault.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return _document(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "this address is not there for that method",
            "use a method of the Allow header; /openapi.json lists every operation",
            headers=headers,
        )
    if fault.status_code == HTTPStatus.NOT_FOUND:
        return _document(
            HTTPStatus.NOT_FOUND,
            "not-found",
            "there is nothing at this address",
            "/openapi.json lists every operation",
        )
    status = HTTPStatus(fault.status_code)
    return _document(status, "bad-request", status.description, "/openapi.json lists every operation")


_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}|[0-9]{1,6}|Idempotency-Key", re.ASCII)


def field_name(path: str) -> str:
    """A field as it may be repeated: what does not look like the name of a field may be anything at all."""
    steps = path.split(".") if path else []
    return ".".join(step if _FIELD.fullmatch(step) else "…" for step in steps) or "body"


def _document(
    status: HTTPStatus,
    code: str,
    detail: str,
    next_: str,
    *,
    faults: tuple[tuple[str, str], ...] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    problem = Problem(
        type=TYPE + code,
        title=TITLES.get(code, status.phrase),
        status=status,
        detail=detail,
        next=next_,
        errors=tuple({"field": field_name(path), "says": says} for path, says in faults),
    )
    return Response(
        problem.model_dump_json(), status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )
