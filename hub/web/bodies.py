"""Reading a body: bounded while it streams, JSON and nothing else, and not nested without end."""

import asyncio
import re
from http import HTTPStatus

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from hub import errors
from hub.web.problems import Refusal

PATIENCE = 30.0  # seconds for a whole body to arrive
DRAIN = (
    4  # times the bound: so much of a body that is too large is read and dropped, so that the answer is heard
)

_STRING = re.compile(
    rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL
)  # an unended one runs to the end: linear, whatever comes
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


async def read(scope: Scope, receive: Receive, *, most: int) -> bytes:
    """The body as bytes, or 413, 415 or 408."""
    headers = dict(scope["headers"])
    if not is_json(headers.get(b"content-type", b"")) or b"content-encoding" in headers:
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "wrong-media-type",
            "only plain JSON is read here",
            next="send Content-Type: application/json in UTF-8, without a Content-Encoding",
        )
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > most * DRAIN:
        raise _too_large(most)
    try:
        async with asyncio.timeout(PATIENCE):
            return await _all_of(receive, most)
    except TimeoutError:
        raise Refusal(
            HTTPStatus.REQUEST_TIMEOUT,
            "too-slow",
            f"the body did not arrive within {PATIENCE:.0f} seconds",
            next="send it again; if the line is slow, send less at once",
            headers={"connection": "close"},
        ) from None


def is_json(content_type: bytes) -> bool:
    media, _, parameters = content_type.lower().partition(b";")
    charset = parameters.replace(b" ", b"").replace(b'"', b"")
    return media.strip() == b"application/json" and charset in (b"", b"charset=utf-8")


async def _all_of(receive: Receive, most: int) -> bytes:
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = event.get("body", b"")
        more = event.get("more_body", False)
        size += len(chunk)
        if size > most * DRAIN:
            break
        if size <= most:
            chunks.append(chunk)
    if size > most:
        raise _too_large(most)
    return b"".join(chunks)


def _too_large(most: int) -> Refusal:
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-large",
        f"a body may have at most {most} bytes",
        next="say it in fewer words; attachments do not belong into a message",
        headers={"connection": "close"},
    )


def check_depth(body: bytes, *, most: int) -> None:
    """Refuse nesting that no message needs, before anything recurses into it."""
    if body.count(b"{") + body.count(b"[") <= most:
        return
    depth = 0
    for bracket in _STRING.sub(b"", body).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > most:
            raise errors.Invalid(
                f"the body is nested deeper than {most} levels",
                next="send it in the shape that /openapi.json shows; no message needs that depth",
                faults=(("body", f"nested deeper than {most} levels"),),
            )
