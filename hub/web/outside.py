"""Around every request: an id to ask about it by, headers that keep browsers careful, a figure and a line in the log.

The log and the figures know the template of a route, never the address that was called: a postcode says where a
child lives.
"""

import logging
import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.web.call import header
from hub.web.metrics import Metrics

log = structlog.get_logger("hub.web")
_plain = logging.getLogger("hub.web")

_REQUEST_ID = re.compile(r"[0-9a-f-]{16,64}", re.ASCII)
UNMATCHED = "(none)"
FAILED, REFUSED = 500, 400

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Outside:
    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        asked = header(scope, b"x-request-id")
        request_id = asked if asked and _REQUEST_ID.fullmatch(asked) else str(uuid4())
        status = FAILED

        async def told(event: Message) -> None:
            nonlocal status
            if event["type"] == "http.response.start":
                status = event["status"]
                headers = MutableHeaders(scope=event)
                headers["x-request-id"] = request_id
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(event)

        try:
            await self._app(scope, receive, told)
        finally:
            self._record(scope, status, time.perf_counter() - begun, request_id)

    def _record(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = scope.get("checkback.route", UNMATCHED)
        self._metrics.requests.labels(scope["method"], route, status).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        # What went well is in the figures and in the audit: it is logged only for whoever asks for it.
        level = logging.INFO if status >= REFUSED else logging.DEBUG
        if not _plain.isEnabledFor(level):
            return
        caller = scope.get("checkback.caller")
        log.log(
            level,
            "request",
            method=scope["method"],
            route=route.replace("{", ":").replace("}", ""),  # braces would be withheld: no id has them
            status=status,
            milliseconds=round(seconds * 1000, 1),
            request=request_id,
            agency=caller and caller.agency,
            credential=caller and caller.credential,
        )
