"""`checkback responsibility`: who holds which child, as ids, who has held one, and what cannot be placed."""

from typing import Annotated
from uuid import UUID

import typer

from agencies import wire
from agencies.callers import Caller
from hub import answer, clock, keyfiles
from hub.cli import here, say
from hub.errors import NotFound
from hub.journey import HUB
from hub.settings import WebSettings
from hub.store import children, holdings, registry, unplaced

app = typer.Typer(no_args_is_help=True, help="Who holds which child, and what cannot be placed.")

Limit = Annotated[int, typer.Option(help="At most so many.", min=1)]


@app.command("list")
def held_now(
    agency: Annotated[
        str | None, typer.Argument(help="Only what this agency holds.", show_default=False)
    ] = None,
    limit: Limit = 50,
) -> None:
    """List who holds which child now, what came last at the head: ids alone, as everywhere in this hub's record."""
    with here.database() as conn:
        if agency is not None:
            here.check_agency(conn, agency)
        found = holdings.newest(conn, agency=agency, limit=limit)
    say.table(
        ("child", "service", "holder", "since", "how", "message"),
        [
            (row.person_id, row.service, row.holder, say.moment(row.since), row.why, row.message_id)
            for row in found
        ],
    )
    if not found:
        say.note("Nobody holds any child by the record.")


@app.command("history")
def history(
    child: Annotated[UUID, typer.Argument(help="Its id, from `checkback responsibility list`.")],
) -> None:
    """Print who has held one child, service by service, the first at the head."""
    with here.database() as conn:
        root = children.root_of(conn, [child]).get(child)
        found = [] if root is None else holdings.history(conn, root)
    if not found:
        raise NotFound(
            "nobody holds a child of this id, or ever has",
            next="`checkback responsibility list` shows those held",
        )
    say.table(
        ("service", "holder", "from", "until", "how", "passed to", "message"),
        [
            (
                row.service,
                row.holder,
                say.moment(row.since),
                say.moment(row.until) if row.until else "now",
                row.why,
                row.passed_to or "",
                row.message_id,
            )
            for row in found
        ],
    )


@app.command("alarms")
def alarms(limit: Limit = 100) -> None:
    """List what cannot be placed, what arose first at the head, and which office is asked."""
    with here.database() as conn:
        found = unplaced.still_open(conn, limit=limit)
    if not found:
        say.note("None.")
        return
    say.table(
        ("alarm", "why", "child", "service", "holder", "other", "message", "asked of", "due"),
        [
            (
                row.id,
                row.why,
                row.person_id,
                row.service,
                row.holder,
                row.other or "",
                row.message_id,
                row.owed_by or "nobody yet",
                say.moment(row.due_at) if row.due_at else "",
            )
            for row in found
        ],
    )


@app.command("place")
def place(
    alarm: Annotated[UUID, typer.Argument(help="Its id, from `checkback responsibility alarms`.")],
    agency: Annotated[str, typer.Argument(help="Who holds the child.")],
    *,
    by: Annotated[str, typer.Option(help="The name of whoever says so.")],
    role: Annotated[str, typer.Option(help="Their role.")],
    because: Annotated[str, typer.Option(help="How it is known: who was rung, and what they said.")],
    accepted_by: Annotated[
        str | None, typer.Option(help="The practitioner there who takes the child over, where it is another.")
    ] = None,
    their_role: Annotated[str, typer.Option(help="And the role of that practitioner.")] = "practitioner",
) -> None:
    """Say who holds a child, for an area that has no partnership's office: of the others' alarms the offices say it."""
    accepts = None if accepted_by is None else wire.Person(name=accepted_by, role=their_role)
    body = wire.PlaceChild(
        by=wire.Person(name=by, role=role), holder=agency, accepted_by=accepts, because=because
    )
    records = keyfiles.records(here.settings(WebSettings))
    with here.database() as conn:
        placed = answer.place_child(
            conn,
            alarm,
            body,
            Caller(HUB, "command line"),
            directory=registry.directory(conn),
            records=records,
            at=clock.now(),
        )
    say.done(f"{placed.holder} holds the child")
