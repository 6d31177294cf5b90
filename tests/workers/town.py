"""A hub for the workers' tests: the shipped directory and protocols in a real database, a key for every agency.

Each agency's private key is at hand here, so that a test can look into what each of them was given.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID
from weakref import finalize

from sqlalchemy import Engine, text

from agencies import wire
from agencies.callers import Caller
from agencies.directory import Directory
from agencies.directory import shipped as shipped_directory
from agencies.keys import KeyRow, SealPrivate, SignPrivate
from agencies.places import shipped as shipped_places
from agencies.reach.inbox import Inbox
from agencies.reach.port import Reach
from agencies.seal import open_sealed
from agencies.wire import Accepted
from hub import accept, answer, replying
from hub.answer import Act, Desk, OwnAct, meet_own
from hub.ids import new_id
from hub.known import Known
from hub.pseudonyms import Pseudonyms
from hub.records import Records
from hub.store import connect, outbox, registry
from hub.store.connect import looking
from hub.store.tables import TASKS
from protocols.shipped import shipped as shipped_protocols
from protocols.shipped import sources
from tests.examples import NOW, example
from workers import jobs
from workers.batch import Worked
from workers.line import Line
from workers.run import Walked, drain, take

HUB = "hub.test"


def seed(of: str) -> bytes:
    """The same in every process of a test, so that one can open what another has sealed."""
    return sha256(of.encode()).digest()


KEYS = {agency.id: SealPrivate(seed(agency.id)) for agency in shipped_directory().agencies(NOW)}
HUB_KEY = SealPrivate(seed("hub"))
SIGNER = SignPrivate(seed("signer"))
RECORDS = Records(b"r" * 32)
PSEUDONYMS = Pseudonyms(b"p" * 32)
PERSON = wire.Person(name="Test Practitioner", role="health visitor")
HANDOVER = "handover-sandwell-to-birmingham"


def body_of(
    name: str, *, message: Mapping[str, Any] | None = None, withhold: tuple[dict[str, Any], ...] = ()
) -> bytes:
    return json.dumps({"message": message or example(name), "withhold": list(withhold)}).encode()


def due(line: Line, step: str) -> list[outbox.Row]:
    leased = take(line)[step]
    with looking(line.engine) as conn:
        return outbox.peek(conn, leased, step=step)


def one_step(line: Line, step: str) -> Worked:
    """One step of the line, and no further: what follows lies in hands that let it fall, until the lease lapses."""
    return jobs.WORK[step](line, due(line, step))


@dataclass
class Town:
    engine: Engine
    now: datetime = NOW
    signer: SignPrivate = SIGNER
    webhook: Reach = field(default_factory=Inbox)
    lease_for: timedelta = timedelta(seconds=60)
    without_keys: frozenset[str] = frozenset()
    knows: Known | None = None

    @classmethod
    def on(cls, url: str, *, directory: Directory | None = None, **more: Any) -> "Town":  # noqa: ANN401 - its own fields
        town = cls._of(url, **more)
        with town.engine.begin() as conn:
            registry.save_directory(conn, directory or shipped_directory())
            for (_, source), protocol in zip(sources(), shipped_protocols(), strict=True):
                registry.save_protocol(conn, source, protocol, at=NOW)
            registry.save_keys(conn, list(town.key_rows()))
        return town

    @classmethod
    def reading(cls, url: str) -> "Town":
        """A database that is there already, to look into."""
        return cls._of(url)

    @classmethod
    def _of(cls, url: str, **more: Any) -> "Town":  # noqa: ANN401 - as of `on`
        """Hangs up when the test is over, also one that fails and so does not come to its last line."""
        town = cls(connect.engine(url), **more)
        finalize(town, town.engine.dispose)
        return town

    def key_rows(self) -> Iterator[KeyRow]:
        since = NOW - timedelta(days=90)
        for agency, key in KEYS.items():
            if agency not in self.without_keys:
                yield KeyRow.of(key.public, agency=agency, since=since)
        yield KeyRow.of(self.signer.public, agency=HUB, since=since)

    def known(self) -> Known:
        with self.engine.connect() as conn:
            number = registry.number(conn)
            if self.knows is None or self.knows.number != number:
                self.knows = Known(
                    number=number,
                    directory=registry.directory(conn),
                    protocols=registry.protocols(conn),
                    keys=registry.keys(conn),
                    credentials={},
                    places=shipped_places(),
                )
            return self.knows

    def line(self, **changes: Any) -> Line:  # noqa: ANN401 - a line's own fields
        known = self.known()
        fields: dict[str, Any] = {
            "engine": self.engine,
            "known": lambda: known,
            "hub": HUB,
            "openers": {HUB_KEY.kid: HUB_KEY},
            "signer": self.signer,
            "records": RECORDS,
            "pseudonyms": PSEUDONYMS,
            "webhook": self.webhook,
            "clock": lambda: self.now,
            "lease_for": self.lease_for,
        }
        return Line(**{**fields, **changes})

    def later(self, **much: float) -> None:
        self.now += timedelta(**much)

    # -- what the agencies do -----------------------------------------------------------------------------

    def incoming(
        self,
        name: str = HANDOVER,
        *,
        sender: str = "sandwell-0-19",
        withhold: tuple[dict[str, Any], ...] = (),
        message: Mapping[str, Any] | None = None,
    ) -> accept.Incoming:
        made = accept.prepare(
            body_of(name, message=message, withhold=withhold),
            Caller(sender, f"credential-of-{sender}"),
            str(new_id()),
            known=self.known(),
            hub_key=HUB_KEY.public,
            records=RECORDS,
            at=self.now,
        )
        if made.answers is None:
            return made
        with self.engine.connect() as conn:
            asked = replying.of_request(conn, made.answers, sender, known=self.known(), at=self.now)
        return replace(made, replies_to=asked.id)

    def send(self, name: str = HANDOVER, **more: Any) -> UUID:  # noqa: ANN401 - as of `incoming`
        return self.send_all([self.incoming(name, **more)])[0]

    def send_all(self, incoming: list[accept.Incoming]) -> list[UUID]:
        with self.engine.begin() as conn:
            answers = accept.accept_many(conn, incoming, at=self.now)
        return [answer.id for answer in answers if isinstance(answer, Accepted)]

    def act(self, agency: str, share: UUID, event: str, body: wire.Act) -> answer.Answer:
        desk = Desk(HUB, self.signer, RECORDS)
        act = Act(share, event, body, Caller(agency, "c"))
        return answer.act_many(self.engine, [act], known=self.known(), desk=desk, at=self.now)[0]

    def receive(self, agency: str, *shares: UUID) -> None:
        caller = Caller(agency, "c")
        answer.receive_many(self.engine, shares, caller, known=self.known(), at=self.now)

    def withdraw(self, message: UUID, sender: str = "sandwell-0-19") -> None:
        body = wire.Withdraw(by=PERSON, reason="sent for the wrong family")
        desk = Desk(HUB, self.signer, RECORDS)
        answer.withdraw(
            self.engine, message, body, Caller(sender, "c"), known=self.known(), desk=desk, at=self.now
        )

    def meet_own(self, agency: str, owed: UUID, done: str) -> wire.Moved:
        """What it owes itself."""
        [row] = self.rows("SELECT message_id FROM owed WHERE id = :o", o=owed)
        act = OwnAct(row.message_id, "meet", wire.Meet(by=PERSON, owed=owed, done=done), Caller(agency, "c"))
        desk = Desk(HUB, self.signer, RECORDS)
        with self.engine.begin() as conn:
            return meet_own(conn, act, known=self.known(), desk=desk, at=self.now)

    def drain(self, **changes: Any) -> Walked:  # noqa: ANN401 - a line's own fields
        return drain(self.line(**changes))

    def due(self, step: str) -> list[outbox.Row]:
        """What is due of a step, handed out as the pump would."""
        return due(self.line(), step)

    def one_step(self, step: str) -> Worked:
        return one_step(self.line(), step)

    # -- what the tests look at ---------------------------------------------------------------------------

    def rows(self, sql: str, **params: Any) -> list[Any]:  # noqa: ANN401 - rows of whatever was asked
        with self.engine.connect() as conn:
            return list(conn.execute(text(sql), params))

    def shares(self, message: UUID) -> dict[str, Any]:
        return {
            row.recipient: row for row in self.rows("SELECT * FROM share WHERE message_id = :m", m=message)
        }

    def states(self, message: UUID) -> dict[str, str]:
        return {agency: row.state for agency, row in self.shares(message).items()}

    def state(self, message: UUID) -> str:
        return str(self.rows("SELECT state FROM message WHERE id = :m", m=message)[0].state)

    def outbox(self) -> list[Any]:
        return self.rows("SELECT * FROM outbox ORDER BY id")

    def tasks(self, message: UUID) -> list[tuple[str, str]]:
        """The open ones: what, and whose."""
        found = self.rows(
            "SELECT what, owed_by FROM owed WHERE message_id = :m AND met_at IS NULL AND what = ANY(:whats)"
            " ORDER BY what, owed_by",
            m=message,
            whats=list(TASKS),
        )
        return [(row.what, row.owed_by) for row in found]

    def events(self, message: UUID) -> list[str]:
        return [
            row.event
            for row in self.rows("SELECT event FROM audit WHERE message_id = :m ORDER BY id", m=message)
        ]

    def opened(self, agency: str, envelope: bytes) -> dict[str, Any]:
        contents = open_sealed(
            json.loads(envelope), key=KEYS[agency], verify=lambda _: self.signer.public, expect=None
        )
        told: dict[str, Any] = json.loads(contents)
        return told
