"""A hub that serves real HTTP on a real database: uvicorn in a thread, and the line walked by hand.

A key and a credential for every agency of the shipped directory, so that a test is any agency that it likes.
"""

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import uvicorn
from psycopg import sql
from sqlalchemy import Engine, text
from starlette.applications import Starlette

from agencies.callers import issue
from agencies.directory import shipped as shipped_directory
from agencies.keys import KeyRow, SealPrivate, generate_seal_key
from agencies.seal import open_sealed
from hub import clock, keyfiles, logs
from hub.cli.embedded import Postgres, Valkey
from hub.ids import new_id
from hub.settings import WebSettings, WorkerSettings
from hub.store import connect, registry
from hub.web.app import create
from hub.web.parts import Parts
from protocols.messages.examples import brought_to
from protocols.shipped import shipped as shipped_protocols
from protocols.shipped import sources
from tests.examples import example
from workers.line import Line
from workers.run import drain

HANDOVER = "handover-sandwell-to-birmingham"
SENDER = "sandwell-0-19"
TAKER = "birmingham-0-19"
STRANGER = "camden-0-19"
CERTIFICATES = ssl.create_default_context()  # read once, and not by each client anew
PERSON = {"name": "Test Practitioner", "role": "health visitor"}

SEAL_KEYS: dict[str, SealPrivate] = {
    agency.id: generate_seal_key() for agency in shipped_directory().agencies(clock.now())
}


@dataclass
class Served:
    web: WebSettings
    workers: WorkerSettings
    tokens: dict[str, str] = field(default_factory=dict)
    port: int = 0
    app: Starlette = field(default_factory=Starlette)  # replaced by the one that serves

    @classmethod
    def on(cls, database: str, redis_url: str, home: Path, **more: Any) -> "Served":  # noqa: ANN401 - settings
        common = {"home": home, "database_url": database, "redis_url": redis_url, "hub": "hub.test", **more}
        made = cls(WebSettings(**common), WorkerSettings(**common))
        keyfiles.make_missing(made.web, made.workers)
        made.fill()
        return made

    def mark(self, key: str) -> str:
        """What the hub keeps of an Idempotency-Key."""
        return keyfiles.records(self.web).mark(key)

    def fill(self) -> None:
        now = clock.now()
        since = now - timedelta(days=90)
        with self.engine.begin() as conn:
            registry.save_directory(conn, shipped_directory())
            for (_, source), protocol in zip(sources(), shipped_protocols(), strict=True):
                registry.save_protocol(conn, source, protocol, at=now)
            keys = [KeyRow.of(key.public, agency=one, since=since) for one, key in SEAL_KEYS.items()]
            registry.save_keys(conn, [*keys, *keyfiles.public_rows(self.web, self.workers, since=since)])
            for agency in SEAL_KEYS:
                self.let_in(conn, agency)

    def let_in(self, conn: Any, agency: str, **more: Any) -> str:  # noqa: ANN401 - a connection; a credential's fields
        credential, token = issue(agency, now=clock.now() - timedelta(minutes=1), **more)
        registry.save_credential(conn, credential)
        self.tokens[agency] = token
        return token

    @cached_property
    def engine(self) -> Engine:
        return connect.engine(self.web.database_url, size=2)

    @cached_property
    def line(self) -> Line:
        return Line.of(self.workers)

    def drain(self) -> None:
        drain(self.line)

    def close(self) -> None:
        self.engine.dispose()
        if "line" in self.__dict__:
            self.line.engine.dispose()

    # -- over HTTP ----------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def as_(self, agency: str) -> httpx.Client:
        return self.with_token(self.tokens[agency])

    def get(self, agency: str, path: str) -> httpx.Response:
        with self.as_(agency) as caller:
            return caller.get(path)

    def with_token(self, token: str | None) -> httpx.Client:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=20, verify=CERTIFICATES)

    def send(
        self, body: Mapping[str, Any] | None = None, *, key: str | None = None, by: str = SENDER
    ) -> httpx.Response:
        with self.as_(by) as client:
            return client.post(
                "/v1/messages",
                json=body or {"message": current()},
                headers={"idempotency-key": key or str(new_id())},
            )

    def sent(self, name: str = HANDOVER) -> tuple[UUID, dict[str, UUID]]:
        """A message that was delivered: its id, and its shares by recipient."""
        answer = self.send({"message": current(name)})
        assert answer.status_code == 202, answer.text
        message = UUID(answer.json()["id"])
        self.drain()
        rows = self.rows("SELECT id, recipient FROM share WHERE message_id = :m", m=message)
        return message, {row.recipient: row.id for row in rows}

    def received(self, name: str = HANDOVER) -> tuple[UUID, dict[str, UUID]]:
        message, shares = self.sent(name)
        with self.as_(TAKER) as client:
            answer = client.post("/v1/inbox/received", json={"shares": [str(shares[TAKER])]})
            assert answer.json()["shares"][0]["moved"], answer.text
        return message, shares

    def wait_until_known(self) -> None:
        """Until the serving hub has read what was just written about who, how and where."""
        with self.engine.connect() as conn:
            number = registry.number(conn)
        end = time.monotonic() + 10
        while self.app.state.parts.known().number < number:
            assert time.monotonic() < end
            time.sleep(0.05)

    def closed_agency(self) -> tuple[str, str]:
        """One that has closed, and who came after it."""
        directory, now = shipped_directory(), clock.now()
        for row in directory.rows:
            successor = directory.successor_of(row.id, now)
            if successor is not None:
                return row.id, successor
        raise AssertionError("the shipped directory has no agency that closed")

    def rows(self, sql: str, **params: Any) -> list[Any]:  # noqa: ANN401 - rows of whatever was asked
        with self.engine.connect() as conn:
            return list(conn.execute(text(sql), params))

    def opened(self, agency: str, envelope: Mapping[str, Any]) -> dict[str, Any]:
        with self.engine.connect() as conn:
            ring = registry.keys(conn)
        contents = open_sealed(
            envelope, key=SEAL_KEYS[agency], verify=lambda kid: ring.verify_key(kid, clock.now())
        )
        told: dict[str, Any] = json.loads(contents)
        return told


def current(name: str = HANDOVER) -> dict[str, Any]:
    return brought_to(example(name), clock.now().date())


def check_back(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - a body's fields
    today = clock.now().date()
    return {
        "by": PERSON,
        "case_reference": "B-1",
        "understanding": "they moved last week",
        "significance": "nobody sees the baby now",
        "actions": [{"what": "visit", "who": "Test Practitioner", "by_when": str(today + timedelta(days=2))}],
        "review_on": str(today + timedelta(days=14)),
        **more,
    }


@contextmanager
def serving(served: Served) -> Iterator[Parts]:
    """Uvicorn as in production, but in a thread of this process."""
    logs.configure(served.web, process="web")
    served.app = app = create(served.web)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        served.port = listening.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(
                app, loop="uvloop", http="httptools", ws="none", log_config=None, access_log=False,
                server_header=False, timeout_graceful_shutdown=5,
            )
        )  # fmt: skip
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="web")
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the server did not start"
                time.sleep(0.01)
            yield app.state.parts
        finally:
            server.should_exit = True
            thread.join(timeout=20)
            served.close()


@contextmanager
def opened(
    postgres: Postgres,
    template: str,
    redis: Valkey,
    home: Path,
    **more: Any,  # noqa: ANN401 - settings
) -> Iterator[Served]:
    """A hub for many tests, on a database that outlives each of them."""
    name = f"open_{uuid4().hex}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    served = Served.on(postgres.url(name), redis.url(), home, bad_tokens_per_minute=6000, **more)
    with serving(served):
        yield served
