"""The API described for programs: OpenAPI 3.1, made from the operations themselves and the models that they read."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from agencies.wire import Problem
from hub.accept import MAX_KEY
from hub.settings import WebSettings
from hub.web.call import KEY
from hub.web.operation import BY_NAME, JSON, Operation
from hub.web.problems import MEDIA_TYPE, TITLES, TYPE
from protocols.messages.read import NEWEST

REF = "#/components/schemas/{model}"

TAGS = {
    "messages": "What your agency says, once; and whom it reached.",
    "inbox": "What was shared with your agency.",
    "shares": "One recipient's copy, and the talk about it until both ends agree.",
    "events": "What happened, in order.",
    "owed": "What somebody has yet to do, by when, and who hears if they do not.",
    "responsibility": "Who holds a child, service by service; and what cannot be placed.",
    "children": "One child in many messages, as your agency may know it.",
    "reconciliation": "Whether what was sent has a registered case at the other end, and what differs.",
    "directory": "Who there is, where, and by which rules.",
}

SAYS = """Checkback carries what one agency knows about a child to those who must know it, and keeps asking until a \
named person has checked back.

Every request carries `Authorization: Bearer <token>`. Bodies are JSON in UTF-8; times are RFC 3339, ids are UUIDs. \
What is said about a family travels sealed to one agency (docs/envelope.md). Every refusal is a problem (RFC 9457)."""

REFUSALS = {
    400: (
        "bad-request",
        "What came is not HTTP that can be read: the one refusal without a problem document.",
    ),
    401: ("unauthenticated", "There is no credential, or it is not known, expired or revoked."),
    403: ("forbidden", "The caller may see this, but the act is another's to do."),
    404: ("not-found", "There is none, or it is not the caller's to know."),
    405: ("method-not-allowed", "This address does not take that method: see Allow."),
    408: ("too-slow", "The body did not arrive in time."),
    409: (
        "wrong-state",
        "It cannot be done as things stand, or the Idempotency-Key belongs to another body.",
    ),
    413: ("too-large", "The body is too large."),
    415: ("wrong-media-type", "The body is not plain JSON."),
    422: ("invalid", "The request says something that cannot be; `errors` names each field."),
    429: ("too-many", "Too many requests: wait as long as Retry-After says."),
    500: ("unexpected", "Something went wrong in the hub. It is safe to send the same again with its key."),
    503: ("not-ready", "A part of the hub is not up: send the same again after Retry-After."),
}


def written(operations: Sequence[Operation], settings: WebSettings) -> bytes:
    return json.dumps(document(operations, settings), ensure_ascii=False).encode()


def document(operations: Sequence[Operation], settings: WebSettings) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, settings)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Checkback", "version": version("checkback"), "description": SAYS},
        "servers": [{"url": settings.base_url or "/"}],
        "tags": [{"name": name, "description": says} for name, says in TAGS.items()],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The credential of an agency's system: cbk_, its id, _, its secret.",
                }
            },
            "schemas": _schemas(operations),
        },
    }


def _operation(one: Operation, settings: WebSettings) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": one.says,
        "tags": [one.tag],
        "parameters": [*_path(one), *_query(one), *_key(one)],
        "responses": {
            str(one.status): _answer(one),
            **{str(status): _refusal(status) for status in one.statuses},
        },
    }
    if one.body is not None:
        told["requestBody"] = {
            "required": True,
            "description": f"At most {settings.max_body_bytes} bytes, nested at most {settings.max_depth} deep.",
            "content": {
                JSON: {
                    "schema": {"$ref": REF.format(model=one.body.__name__)},
                    "example": one.body_example,
                }
            },
        }
    return told


def _answer(one: Operation) -> dict[str, Any]:
    schema = {"$ref": REF.format(model=one.answer.__name__)}
    told: dict[str, Any] = {
        "description": one.summary,
        "content": {one.media: {"schema": schema, "example": one.example}},
    }
    if one.links:
        told["links"] = {
            name: {"operationId": name, "parameters": {"id": f"$response.body#{pointer}"}}
            for name, pointer in one.links.items()
        }
    if one.status == HTTPStatus.ACCEPTED:
        told["headers"] = {"Location": {"description": "Where to follow it.", "schema": {"type": "string"}}}
    return told


def _refusal(status: int) -> dict[str, Any]:
    code, says = REFUSALS[status]
    example = {
        "type": TYPE + code,
        "title": TITLES[code],
        "status": status,
        "detail": says,
        "next": "what to do about it, in a sentence",
        "errors": [],
    }
    told: dict[str, Any] = {
        "description": says,
        "content": {MEDIA_TYPE: {"schema": {"$ref": REF.format(model="Problem")}, "example": example}},
    }
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        told["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
        }
    if status == HTTPStatus.UNAUTHORIZED:
        told["headers"] = {"WWW-Authenticate": {"description": "Bearer.", "schema": {"type": "string"}}}
    return told


# -- parameters ---------------------------------------------------------------------------------------------

_PATH: dict[str, dict[str, Any]] = {
    "uuid": {
        "description": "Its id.",
        "schema": {"type": "string", "format": "uuid"},
        "example": "0197f3a2-5c00-7c1e-9d35-4f7a10b2c3d4",
    },
    "name": {"description": "Its id.", "schema": {"type": "string", "minLength": 1}, "example": "sandwell"},
    "postcode": {
        "description": "A postcode, with or without its space.",
        "schema": {"type": "string", "minLength": 1},
        "example": "B66 3PX",
    },
    "date": {
        "description": "A day that is over, in England.",
        "schema": {"type": "string", "format": "date"},
        "example": "2026-07-03",
    },
}


def _path(one: Operation) -> list[dict[str, Any]]:
    for name in ("postcode", "date"):
        if f"{{{name}}}" in one.path:
            return [{"name": name, "in": "path", "required": True, **_PATH[name]}]
    if "{id}" in one.path:
        return [
            {"name": "id", "in": "path", "required": True, **_PATH["name" if one.name in BY_NAME else "uuid"]}
        ]
    return []


def _query(one: Operation) -> list[dict[str, Any]]:
    if one.query is None:
        return []
    schema = one.query.model_json_schema(ref_template=REF)
    found = []
    for name, about in schema["properties"].items():
        told = {key: value for key, value in about.items() if key not in ("description", "title")}
        found.append(
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": about["description"],
                "schema": _without_null(told),
            }
        )
    return found


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query string has no null: a parameter that may be absent is written without it."""
    if "anyOf" not in schema:
        return schema
    kinds = [kind for kind in schema["anyOf"] if kind.get("type") != "null"]
    return {**kinds[0], **{key: value for key, value in schema.items() if key not in ("anyOf", "default")}}


def _key(one: Operation) -> list[dict[str, Any]]:
    if one.key is None:
        return []
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": one.key == "required",
            "description": "The same key with the same body does nothing twice, and is answered as before.",
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_KEY,
                "pattern": f"^{KEY.pattern}$",
            },
            "example": "0197f3a2-5bf0-7a51-8c60-3e2d1f0a9b8c",
        }
    ]


# -- schemas ------------------------------------------------------------------------------------------------


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    """Bodies as they are read, answers as they are written. No model is both."""
    read: set[type[BaseModel]] = {*NEWEST.values()}
    told: set[type[BaseModel]] = {Problem, *(one.answer for one in operations)}
    for one in operations:
        read |= {model for model in (one.body, one.query) if model is not None}
    return _definitions(_sorted(read), _sorted(told))


def _sorted(models: Iterable[type[BaseModel]]) -> tuple[type[BaseModel], ...]:
    return tuple(sorted(models, key=lambda model: model.__name__))


@cache
def _definitions(read: Sequence[type[BaseModel]], told: Sequence[type[BaseModel]]) -> dict[str, Any]:
    asked = [(model, "validation") for model in read]
    answered = [(model, "serialization") for model in told]
    _, schema = models_json_schema([*asked, *answered], ref_template=REF)  # type: ignore[list-item]
    found: dict[str, Any] = schema["$defs"]
    found["Post"]["properties"]["message"] = {
        "oneOf": [{"$ref": REF.format(model=kind.__name__)} for kind in NEWEST.values()],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {kind: REF.format(model=model.__name__) for kind, model in NEWEST.items()},
        },
        "description": "What is said, in the shape of its kind and version.",
    }
    return found
