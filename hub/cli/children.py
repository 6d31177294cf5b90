"""`checkback children`: which persons are likely one child, and the word of a person that they are, or are not.

Ids alone: the hub knows no name. Whoever answers asks the agencies first, by telephone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import Connection

from agencies import wire
from hub import children, clock, keyfiles, reading
from hub.children import Answer, Said, no_such_child
from hub.cli import here, say
from hub.journey import HUB
from hub.known import Known, places_of, read
from hub.settings import Settings, WebSettings
from hub.store import children as record
from hub.store import likenesses

app = typer.Typer(no_args_is_help=True, help="Who may be one child, and what people answered.")

Match = Annotated[UUID, typer.Argument(help="Its id, from `checkback children list`.")]
Person = Annotated[UUID, typer.Argument(help="Its id, from `checkback children list` or `show`.")]
By = Annotated[str, typer.Option("--by", help="The name of whoever says so; kept under the records key.")]
Role = Annotated[str, typer.Option("--role", help="Their role.")]
Why = Annotated[str, typer.Option("--why", help="Who was asked, and what they said; kept likewise.")]


@app.command("list")
def list_(limit: Annotated[int, typer.Option(help="The most pressing so many.", min=1)] = 100) -> None:
    """List the open questions whether two persons are one, the first due first."""
    with here.database() as conn:
        found = reading.matches(conn, None, after=None, limit=limit).matches
    if not found:
        say.note("None.")
        return
    say.table(
        ("match", "why", "one", "spoken of in", "other", "spoken of in", "due"),
        [
            (one.id, ", ".join(one.why), one.one.child, _spoken(one.one), one.other.child, _spoken(one.other),
             say.moment(one.due_at) if one.due_at else None)
            for one in found
        ],
    )  # fmt: skip


def _spoken(person: wire.MatchPerson) -> str:
    return ", ".join(f"{one.message} ({one.sender})" for one in person.messages)


@app.command()
def same(match: Match, by: By, role: Role, why: Why) -> None:
    """Say that the two are one child: from now on they are followed as one."""
    _answer(match, "same", by, role, why)


@app.command()
def different(match: Match, by: By, role: Role, why: Why) -> None:
    """Say that the two are different; where it was said that they are the same, that is taken back."""
    _answer(match, "different", by, role, why)


def _answer(match: UUID, what: Answer, by: str, role: str, why: str) -> None:
    with _saying(by, role, why) as (conn, said):
        children.answer(conn, match, said, what, known=_known(conn), at=clock.now())
        found = reading.match(conn, match)
    say.done(f"{found.one.child} and {found.other.child} are {'one child' if found.are_one else 'different'}")


@app.command()
def unmerge(person: Person, by: By, role: Role, why: Why) -> None:
    """Part one from all whom it was merged with; every message is again with whom it was first taken to be about."""
    with _saying(by, role, why) as (conn, said):
        children.unmerge(conn, person, said, known=_known(conn), at=clock.now())
    say.done(f"{person} stands alone again")


def _known(conn: Connection) -> Known:
    return read(conn, places_of(here.settings(Settings)))


@contextmanager
def _saying(by: str, role: str, why: str) -> Iterator[tuple[Connection, Said]]:
    records = keyfiles.records(here.settings(WebSettings))
    with here.database() as conn:
        yield conn, Said(wire.Person(name=by, role=role), why, HUB, records)


@app.command()
def show(person: Person) -> None:
    """Show whom a person was merged with, what was asked about them, and the messages that speak of them, as ids."""
    with here.database() as conn:
        root = record.root_of(conn, [person]).get(person)
        if root is None:
            raise no_such_child()
        members = likenesses.members(conn, [root])
        asked = likenesses.of_persons(conn, [one.id for one in members])
        messages = record.messages_about(conn, person)
    say.table(
        ("person", "what", "first spoken of by", "at"),
        [(one.id, one.what, one.message_id, say.moment(one.at)) for one in members],
    )
    say.table(
        ("match", "why", "one", "other", "answer"),
        [(one.id, ", ".join(one.why), one.one, one.other, one.answer or "open") for one in asked],
    )
    say.table(
        ("message", "of", "kind", "in", "taken to be", "certainty"),
        [
            (one.message_id, one.sender, one.kind, f"{one.part} {one.place}", one.person_id, one.certainty)
            for one in messages
        ],
    )
