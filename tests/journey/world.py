"""A small hub for the journey's tests: three agencies with keys, and shares that are planned by hand.

The protocol's decision and the workers' sealing have tests of their own; here the map of moves is walked.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from agencies import wire
from agencies.callers import Caller
from agencies.directory import Directory
from agencies.directory import shipped as shipped_directory
from agencies.keys import KeyRing, KeyRow, SealPrivate, generate_seal_key, generate_sign_key
from agencies.places import shipped as shipped_places
from agencies.seal import open_sealed
from hub import answer, closed, errors, journey
from hub.answer import Act, Desk
from hub.ids import new_id
from hub.journey import WORKERS, Wanted
from hub.known import Known
from hub.records import Records
from hub.store import messages, shares
from protocols.shipped import shipped as shipped_protocols
from protocols.stages import held
from protocols.vocabulary import Role

SENDER = "sandwell-0-19"
TAKER = "birmingham-0-19"
OTHER = "birmingham-gp-1"
INSTEAD = "birmingham-gp-2"  # where a redirect goes
STRANGER = "camden-0-19"
NOON = datetime(2026, 7, 3, 12, 0, tzinfo=UTC)
PERSON = wire.Person(name="Test Practitioner", role="health visitor")
CHAIR = wire.Person(name="Test Chair", role="independent chair")

DIGESTS = {one.id: one.digest for one in shipped_protocols()}
LIMITS = {
    "receipt": "4 working hours",
    "check_back": "1 working day",
    "agreement": "2 working days",
    "answer": "1 working day",
    "acceptance": "5 working days",
    "redirect": "1 working day",
    "call": "4 working hours",
    "call_account": "1 working day",
}


STAGES = [one.terms() for one in held(shipped_protocols()[0], {}, None)]


@dataclass
class World:
    engine: Engine
    known: Known
    desk: Desk
    keys: Mapping[str, SealPrivate]
    key_rows: list[KeyRow]
    now: datetime = NOON
    callers: dict[str, Caller] = field(default_factory=dict)

    @classmethod
    def on(cls, engine: Engine, directory: Directory | None = None, *more: str) -> "World":
        signer = generate_sign_key()
        directory = directory or shipped_directory()
        agencies = {SENDER, TAKER, OTHER, STRANGER, *more}
        agencies |= {one.agency for one in directory.find(Role.GP_PRACTICE, "E08000025", NOON)}
        keys = {agency: generate_seal_key() for agency in sorted(agencies)}
        since = NOON - timedelta(days=30)
        rows = [KeyRow.of(key.public, agency=agency, since=since) for agency, key in keys.items()]
        rows.append(KeyRow.of(signer.public, agency=journey.HUB, since=since))
        known = Known(
            number=1,
            directory=directory,
            protocols=shipped_protocols(),
            keys=KeyRing(rows),
            credentials={},
            places=shipped_places(),
        )
        return cls(engine, known, Desk("hub.test", signer, Records(b"r" * 32)), keys, rows)

    def tick(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def caller(self, agency: str) -> Caller:
        return Caller(agency, f"credential-of-{agency}")

    # -- the hub's own steps ------------------------------------------------------------------------------

    def accept(self, kind: str = "handover", sender: str = SENDER) -> UUID:
        message_id = new_id()
        row = {
            "id": message_id,
            "sender": sender,
            "idempotency_key": str(message_id),
            "fingerprint": b"f",
            "kind": kind,
            "version": 1,
        }
        with self.engine.begin() as conn:
            journey.begin_messages(
                conn, [row], bodies={message_id: b"sealed"}, credentials={message_id: "c"}, at=self.tick()
            )
        return message_id

    def route(
        self, message_id: UUID, recipients: tuple[str, ...] = (TAKER, OTHER), role: str | None = None
    ) -> list[UUID]:
        rows = [planned(message_id, recipient, role) for recipient in recipients]
        with self.engine.begin() as conn:
            locked = messages.lock(conn, [message_id])
            at = self.tick()
            journey.begin_shares(conn, rows, at=at)
            journey.move_messages(conn, [message_id], "route", locked=locked, actor=WORKERS, at=at)
        return [row["id"] for row in rows]

    def hub_moves(self, share_id: UUID, event: str) -> None:
        with self.engine.begin() as conn:
            share = shares.lock(conn, [share_id])[share_id]
            sets: dict[str, Any] = {"envelope": b"{}"} if event == "seal" else {}
            journey.move(
                conn,
                [(Wanted(share_id, event, WORKERS, sets=sets), share)],
                known=self.known,
                at=self.tick(),
            )

    def hand_back(self, share_id: UUID) -> list[UUID]:
        with self.engine.begin() as conn:
            locked = list(shares.lock(conn, [share_id]).values())
            return closed.hand_back(conn, locked, known=self.known, at=self.tick())

    def sent(
        self, recipients: tuple[str, ...] = (TAKER, OTHER), kind: str = "handover"
    ) -> tuple[UUID, list[UUID]]:
        message_id = self.accept(kind)
        made = self.route(message_id, recipients)
        for share_id in made:
            self.hub_moves(share_id, "seal")
            self.hub_moves(share_id, "send")
        return message_id, made

    # -- the agencies' acts -------------------------------------------------------------------------------

    def act(
        self,
        agency: str,
        share_id: UUID,
        event: str,
        key: str | None = None,
        **more: Any,  # noqa: ANN401 - a body's fields
    ) -> answer.Answer:
        return self.act_with(agency, share_id, event, bodies(self.now)[event].model_copy(update=more), key)

    def act_with(
        self, agency: str, share_id: UUID, event: str, body: wire.Act, key: str | None = None
    ) -> answer.Answer:
        done = answer.act_many(
            self.engine,
            [Act(share_id, event, body, self.caller(agency), key)],
            known=self.known,
            desk=self.desk,
            at=self.tick(),
        )
        assert not isinstance(done[0], Exception) or isinstance(done[0], errors.CheckbackError), done[0]
        return done[0]

    def meet(self, agency: str, share_id: UUID, what: str = "action") -> answer.Answer:
        """Say that this is done: the first of its kind that is open, or one that nobody owes."""
        found = self.rows(
            "SELECT id FROM owed WHERE share_id = :s AND what = :w AND met_at IS NULL ORDER BY id",
            s=share_id,
            w=what,
        )
        body = wire.Meet(by=PERSON, done="it is done", owed=found[0].id if found else new_id())
        return self.act_with(agency, share_id, "meet", body)

    def receive(self, agency: str, *ids: UUID) -> list[wire.ReceivedOne]:
        return answer.receive_many(self.engine, ids, self.caller(agency), known=self.known, at=self.tick())

    def withdraw(self, agency: str, message_id: UUID) -> wire.Withdrawn:
        body = wire.Withdraw(by=PERSON, reason="sent for the wrong family")
        return answer.withdraw(
            self.engine,
            message_id,
            body,
            self.caller(agency),
            known=self.known,
            desk=self.desk,
            at=self.tick(),
        )

    # -- what the tests look at ---------------------------------------------------------------------------

    def rows(self, sql: str, **params: Any) -> list[Any]:  # noqa: ANN401 - rows of whatever was asked
        with self.engine.connect() as conn:
            return list(conn.execute(text(sql), params))

    def state(self, share_id: UUID) -> str:
        return str(self.rows("SELECT state FROM share WHERE id = :id", id=share_id)[0].state)

    def message_state(self, message_id: UUID) -> str:
        return str(self.rows("SELECT state FROM message WHERE id = :id", id=message_id)[0].state)

    def open_duties(self, share_id: UUID) -> set[str]:
        return {
            row.what
            for row in self.rows("SELECT what FROM owed WHERE share_id = :id AND met_at IS NULL", id=share_id)
        }

    def notes(self, share_id: UUID) -> list[Any]:
        return self.rows("SELECT * FROM note WHERE share_id = :s ORDER BY at, id", s=share_id)

    def open_note(self, agency: str, sealed: bytes) -> dict[str, Any]:
        said = open_sealed(
            json.loads(bytes(sealed)),
            key=self.keys[agency],
            verify=lambda kid: self.known.keys.verify_key(kid, self.now),
        )
        opened: dict[str, Any] = json.loads(said)
        return opened


def planned(message_id: UUID, recipient: str, role: str | None = None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "message_id": message_id,
        "kind": "handover",
        "sender": SENDER,
        "recipient": recipient,
        "role": role or ("health_visiting" if recipient == TAKER else "gp_practice"),
        "protocol": "sandwell",
        "protocol_version": "2026.1",
        "digest": DIGESTS["sandwell"],
        "terms": {
            "protocol_id": "sandwell",
            "version": "2026.1",
            "clauses": ["move-out"],
            "view": "everything",
            "sections": ["child", "situation"],
            "call_first": recipient == OTHER,
            "limits": LIMITS,
            "ladder": "standard",
            "stages": STAGES,
            "also": [
                {
                    "protocol_id": "birmingham",
                    "version": "2026.1",
                    "digest": DIGESTS["birmingham"],
                    "clauses": ["move-in"],
                    "says": ["A family that moves in is met."],
                }
            ],
        },
        "takes_responsibility": recipient == TAKER,
    }


def bodies(now: datetime) -> dict[str, wire.Act]:
    today = now.date()
    return {
        "check_back": wire.CheckBack(
            by=PERSON,
            case_reference="B-1",
            understanding="they moved last week",
            significance="nobody sees the baby now",
            actions=(wire.Action(what="visit", who="Test Practitioner", by_when=today + timedelta(days=2)),),
            review_on=today + timedelta(days=14),
        ),
        "agree": wire.Agree(by=PERSON),
        "challenge": wire.Challenge(by=PERSON, reason="the weight loss is missing"),
        "answer": wire.Answer(by=PERSON, answer="we weigh the baby tomorrow"),
        "call": wire.Call(
            by=PERSON,
            spoke_to=wire.SpokeTo(
                name="Test Colleague",
                role="duty desk",
                at=now - timedelta(minutes=5),
                understood="they will ring",
            ),
        ),
        "escalate": wire.Escalate(by=PERSON, reason="nobody has answered"),
        "conclude": wire.Conclude(
            by=PERSON,
            outcome="decision_stands",
            decision="a visit, and no meeting yet",
            dissent="the sender would hold a meeting today",
            chaired_by=CHAIR,
        ),
        "decline": wire.Decline(by=PERSON, reason="not_our_child", explanation="not known to us"),
        "redirect": wire.Redirect(by=PERSON, to=INSTEAD, reason="try this one"),
        "release": wire.Release(by=PERSON, reason="spoken to on the phone"),
        "accept": wire.AcceptResponsibility(by=PERSON),
        "close": wire.Close(by=PERSON, outcome="all done", review_held_on=today),
    }
