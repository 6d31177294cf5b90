"""Logs: one line an event, with ids and codes, never with a person.

A log is copied, shipped and searched by people who may not know a family. So what is not plainly an id, a code or
a figure is withheld on its way out, and an exception is written as its kind and the lines it passed through, without
its words, which may quote what somebody sent. This is a net under careful code, not a licence for careless code:
the first argument of a log call is a fixed text, and a test on this floor says so.
"""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from datetime import date, datetime
from types import TracebackType
from typing import Any, TextIO
from uuid import UUID

import structlog
from structlog.types import Processor

from hub.settings import Settings

WITHHELD = "(withheld)"
PLAIN = re.compile(
    r"[\w.:/@+\-]{1,120}", re.ASCII
)  # an id, a code, a path of ours; no sentence, no name in full
NHS_NUMBER = re.compile(r"\d{10}")
NOISY = ("alembic", "httpx", "httpcore", "rq", "sqlalchemy", "uvicorn.access")
OURS = frozenset({"event", "level", "timestamp", "logger", "process", "failed", "where"})

Fields = MutableMapping[str, Any]


def configure(settings: Settings, *, process: str, stream: TextIO | None = None) -> None:
    """Send every log line of this process, our own and the libraries', through the same net to standard error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _naming(process),
        without_words,
        ids_only,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, first_line],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(settings, stream),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    # It warns of errors while a connection is left, in the words of the database, which may quote what was sent.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _renderer(settings: Settings, stream: TextIO) -> Processor:
    person = stream.isatty()
    if settings.log_format == "text" or (settings.log_format == "auto" and person):
        return structlog.dev.ConsoleRenderer(colors=person)
    return structlog.processors.JSONRenderer()


def _naming(process: str) -> Processor:
    def named(_: object, __: str, fields: Fields) -> Fields:
        fields.setdefault("process", process)
        return fields

    return named


def ids_only(_: object, __: str, fields: Fields) -> Fields:
    """Withhold every value that does not look like an id, a code or a figure."""
    for key, value in fields.items():
        if key not in OURS and not key.startswith("_"):
            fields[key] = _plain(value)
    return fields


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, UUID | datetime | date):
        return str(value)
    if isinstance(value, str) and PLAIN.fullmatch(value) and not NHS_NUMBER.fullmatch(value):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return WITHHELD


def without_words(_: object, __: str, fields: Fields) -> Fields:
    """An exception as its kind and its path through the code: its words may quote a message."""
    given = fields.pop("exc_info", None)
    fields.pop("exc_text", None)
    fields.pop("stack_info", None)
    if given:
        kind, found, trace = _exception(given)
        if kind is not None:
            fields["failed"] = _kinds(found, kind)
            fields["where"] = [
                f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(trace)[-8:]
            ]
    return fields


def _exception(
    given: object,
) -> tuple[type[BaseException] | None, BaseException | None, TracebackType | None]:
    if isinstance(given, BaseException):
        return type(given), given, given.__traceback__
    if isinstance(given, tuple):
        return given
    return sys.exc_info()


def _kinds(found: BaseException | None, kind: type[BaseException]) -> str:
    kinds = [kind.__qualname__]
    while found is not None and (found := found.__cause__) is not None:
        kinds.append(type(found).__qualname__)
    return " from ".join(kinds)


def first_line(_: object, __: str, fields: Fields) -> Fields:
    """A library's text: its first line, as some put a whole traceback, words and all, into the others."""
    fields["event"] = str(fields.get("event", "")).partition("\n")[0][:300]
    return fields
