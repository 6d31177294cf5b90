"""A small hub for the tests of who holds a child: handovers of children who are told apart by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine

from agencies import wire
from hub import answer, closed, errors, journey
from hub.answer.place_child import place_child
from hub.children import regrouped
from hub.journey import WORKERS
from hub.store import likenesses, messages, persons, shares
from tests.journey.world import PERSON, World, planned
from workers import place
from workers.line import House

SANDWELL, BIRMINGHAM, CAMDEN = "sandwell-0-19", "birmingham-0-19", "camden-0-19"
MIDWIVES = "birmingham-midwifery"
SERVICE = {
    SANDWELL: "health_visiting",
    BIRMINGHAM: "health_visiting",
    CAMDEN: "health_visiting",
    MIDWIVES: "midwifery",
}
OFFICES = ("sandwell-partnership", "birmingham-partnership", "camden-partnership")


@dataclass
class Nursery(World):
    children: list[UUID] = field(default_factory=list)

    @classmethod
    def with_agencies(cls, engine: Engine) -> "Nursery":
        made = cls.on(engine, None, CAMDEN, MIDWIVES)
        assert isinstance(made, Nursery)
        return made

    def house(self) -> House:
        return House(engine=self.engine, known=lambda: self.known, clock=lambda: self.now)

    # -- the hub's own steps ------------------------------------------------------------------------------

    def hand_over(
        self, sender: str, to: str, about: Sequence[UUID | None], follows: UUID | None = None
    ) -> tuple[UUID, UUID]:
        """A handover that is accepted, routed and sent: its message and its share. None: a child nobody knows yet."""
        message = self.accept(sender=sender)
        share = self.routed(message, sender, to, about, follows)
        self.send(share)
        return message, share

    def routed(
        self, message: UUID, sender: str, to: str, about: Sequence[UUID | None], follows: UUID | None = None
    ) -> UUID:
        """A handover that was accepted is routed, and nothing is sent yet."""
        row, at = self._planned(message, sender, to), self.tick()
        with self.engine.begin() as conn:
            journey.begin_shares(conn, [row], at=at)
            self._route(conn, message, sender, about, follows, at)
        return UUID(str(row["id"]))

    def refused(self, sender: str, about: Sequence[UUID | None], follows: UUID | None = None) -> UUID:
        """A handover of which nobody can hear yet."""
        message, at = self.accept(sender=sender), self.tick()
        with self.engine.begin() as conn:
            self._route(conn, message, sender, about, follows, at)
        return message

    def heard_at_last(self, message: UUID, sender: str, to: str, follows: UUID | None = None) -> UUID:
        """Somebody can hear of it now."""
        row, at = self._planned(message, sender, to), self.tick()
        with self.engine.begin() as conn:
            locked = messages.lock(conn, [message])
            journey.begin_shares(conn, [row], at=at)
            handed = place.Handed(message, sender, SERVICE[sender], locked[message].accepted_at, follows)
            place.offer(conn, [handed], at=at)
            journey.move_messages(conn, [message], "reroute", locked=locked, actor=WORKERS, at=at)
        self.send(row["id"])
        return UUID(str(row["id"]))

    def send(self, share: UUID) -> None:
        for event in ("seal", "send"):
            self.hub_moves(share, event)

    def _planned(self, message: UUID, sender: str, to: str) -> dict[str, Any]:
        return {**planned(message, to, SERVICE[to]), "sender": sender, "takes_responsibility": True}

    def _route(  # noqa: PLR0917 - all of a handover
        self,
        conn: Any,  # noqa: ANN401 - a connection
        message: UUID,
        sender: str,
        about: Sequence[UUID | None],
        follows: UUID | None,
        at: datetime,
    ) -> None:
        locked = messages.lock(conn, [message])
        self._appear(conn, message, about)
        handed = place.Handed(message, sender, SERVICE[sender], locked[message].accepted_at, follows)
        place.place(conn, [handed], at=at)
        place.find(conn, [message], known=self.known, at=at)
        journey.move_messages(conn, [message], "route", locked=locked, actor=WORKERS, at=at)

    def _appear(self, conn: Any, message: UUID, about: Sequence[UUID | None]) -> None:  # noqa: ANN401 - a connection
        new = {where: uuid4() for where, child in enumerate(about) if child is None}
        self.children += new.values()
        persons.add(
            conn,
            [
                {
                    "id": child,
                    "what": "child",
                    "message_id": message,
                    "at": self.now,
                    "root": child,
                }
                for child in new.values()
            ],
            [],
            [
                {
                    "message_id": message,
                    "part": "children",
                    "place": where,
                    "person_id": child or new[where],
                    "certainty": "certain" if child else "unknown",
                    "relation": None,
                }
                for where, child in enumerate(about)
            ],
            [],
        )

    def fall_back(self, share: UUID) -> None:
        """Its recipient has closed."""
        with self.engine.begin() as conn:
            [row] = self.rows("SELECT message_id FROM share WHERE id = :s", s=share)
            messages.lock(conn, [row.message_id])
            closed.hand_back(
                conn, list(shares.lock(conn, [share]).values()), known=self.known, at=self.tick()
            )

    def keep_placed(self) -> int:
        self.tick()
        return place.keep_placed(self.house(), self.known)

    def found_same(self, kept: UUID, gone: UUID) -> None:
        """A person has answered that these two are one child."""
        message = self.rows("SELECT message_id FROM person WHERE id = :p", p=gone)[0].message_id
        with self.engine.begin() as conn:
            likenesses.alone(conn)
            self._root(conn, gone, kept)
            regrouped(conn, [kept, gone], message, known=self.known, at=self.tick())

    def found_different(self, kept: UUID, parted: UUID) -> None:
        """And has taken that answer back."""
        message = self.rows("SELECT message_id FROM person WHERE id = :p", p=parted)[0].message_id
        with self.engine.begin() as conn:
            likenesses.alone(conn)
            self._root(conn, parted, None)
            regrouped(conn, [kept, parted], message, known=self.known, at=self.tick())

    def _root(self, conn: Any, person: UUID, into: UUID | None) -> None:  # noqa: ANN401 - a connection
        conn.exec_driver_sql(
            "UPDATE person SET root = coalesce(%(into)s, id) WHERE id = %(id)s",
            {"id": person, "into": into},
        )

    # -- people -------------------------------------------------------------------------------------------

    def take(self, agency: str, share: UUID) -> answer.Answer:
        """A named practitioner checks back and accepts."""
        self.receive(agency, share)
        return self.act(agency, share, "check_back", accepts_responsibility=True)

    def place(self, office: str, alarm: UUID, holder: str) -> wire.Placed | errors.CheckbackError:
        body = wire.PlaceChild(by=PERSON, holder=holder, accepted_by=PERSON, because="both were rung")
        try:
            with self.engine.begin() as conn:
                return place_child(
                    conn,
                    alarm,
                    body,
                    self.caller(office),
                    directory=self.known.directory,
                    records=self.desk.records,
                    at=self.tick(),
                )
        except errors.CheckbackError as no:
            return no

    # -- what the tests look at ---------------------------------------------------------------------------

    def root(self, child: UUID) -> UUID:
        root: UUID = self.rows("SELECT root FROM person WHERE id = :c", c=child)[0].root
        return root

    def holders(self) -> dict[tuple[UUID, str], str]:
        return {
            (row.person_id, row.service): row.holder
            for row in self.rows("SELECT person_id, service, holder FROM holding WHERE until IS NULL")
        }

    def alarms(self) -> list[Any]:
        return self.rows("SELECT * FROM unplaced WHERE ended_at IS NULL ORDER BY at, id")

    def whys(self) -> list[str]:
        return [row.why for row in self.alarms()]

    def history(self, child: UUID, service: str = "health_visiting") -> list[tuple[str, str]]:
        found = self.rows(
            "SELECT holder, why FROM holding WHERE person_id = :c AND service = :s ORDER BY since, id",
            c=child,
            s=service,
        )
        return [(row.holder, row.why) for row in found]
