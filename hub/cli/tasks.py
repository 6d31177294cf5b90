"""`checkback tasks`: what people were asked to do so that somebody hears, and the word that it is done."""

from typing import Annotated
from uuid import UUID

import typer

from hub import asked, clock
from hub.cli import here, say
from hub.errors import NotFound
from hub.store import asks

app = typer.Typer(
    no_args_is_help=True, help="What people are asked to do where the hub cannot go on by itself."
)


@app.command("list")
def tasks_list(
    limit: Annotated[int, typer.Option(help="The most pressing so many.", min=1)] = 100,
) -> None:
    """List the tasks that are open, the most pressing first."""
    with here.database() as conn:
        found = asks.still_open(conn, limit=limit)
    if not found:
        say.note("None.")
        return
    say.table(
        ("task", "what", "about", "asked of", "message", "due"),
        [
            (
                one.id,
                one.what,
                one.about,
                one.owed_by,
                one.message_id,
                say.moment(one.due_at) if one.due_at else None,
            )
            for one in found
        ],
    )


@app.command("done")
def tasks_done(task: Annotated[UUID, typer.Argument(help="Its id, from `checkback tasks list`.")]) -> None:
    """Record that a person has done a task; a message on which nothing else is left to do is closed."""
    with here.database() as conn:
        found = asks.find(conn, task)
        if found is None:
            raise NotFound(
                "no open task has this id", next="`checkback tasks list` shows those that are open"
            )
        closed = asked.done(conn, found, at=clock.now())
    say.done(
        f"{found.what} is done, for message {found.message_id}{', which is closed with it' if closed else ''}"
    )
