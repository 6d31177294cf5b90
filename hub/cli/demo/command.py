"""The command: chooses the story and the hub, and says where a story stopped that could not be told to its end."""

import time
from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy.exc import SQLAlchemyError

from agencies.seal import CannotOpen
from agencies.talking import CallFailed
from hub.cli import audit as audit_lines
from hub.cli.demo import bruise, disagreement, moved, not_brought, plan, probation, unborn
from hub.cli.demo.place import Place, place_for
from hub.cli.demo.stage import NotAsTold, Stage
from hub.cli.demo.tell import Narrator
from hub.cli.up import called
from hub.errors import CheckbackError, NotFound
from hub.store import audit as record
from hub.store import connect

# By name: how it is played, and whose message it is.
STORIES: dict[str, tuple[Callable[[Stage], UUID], str]] = {
    "moved": (moved.play, moved.SANDWELL),
    "bruise": (bruise.play, bruise.SENDER),
    "unborn": (unborn.play, unborn.MIDWIVES),
    "not-brought": (not_brought.play, not_brought.HOSPITAL),
    "probation": (probation.play, probation.PROBATION),
    "disagreement": (disagreement.play, disagreement.SCHOOL),
    "plan": (plan.play, plan.SOCIAL_CARE),
}


class StoryStopped(CheckbackError):
    code = "story-stopped"


def demo(
    story: Annotated[str, typer.Argument(help=f"Which one: {', '.join(STORIES)}.")] = "moved",
    url: Annotated[
        str | None,
        typer.Option(
            envvar="CHECKBACK_URL",
            help="Play at the hub of this address. By default: at the one that runs here, or else at one that is"
            " started for the story and gone afterwards.",
            show_default=False,
        ),
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Without pauses for reading.")] = False,
) -> None:
    """Play a story: each step a real call by an agency's own client."""
    if story not in STORIES:
        raise NotFound(f"there is no story {story}", next=f"choose one of: {', '.join(STORIES)}")
    tell = Narrator(fast=fast)
    with place_for(url, tell) as place, Stage.at(place, tell) as stage:
        began = time.monotonic()
        play, sender = STORIES[story]
        message = _played(play, stage)
        _audit(place, message, tell)
        tell.end(
            f"The story is told: {tell.calls} calls by {len(stage.clients)} agencies, each with its own credential"
            f" and key, in {time.monotonic() - began:.0f} seconds."
        )
        _after(place, message, sender, tell)


def _played(play: Callable[[Stage], UUID], stage: Stage) -> UUID:
    try:
        return play(stage)
    except (CallFailed, CannotOpen, NotAsTold) as fault:
        raise StoryStopped(
            f'the story stopped at "{stage.tell.title}": {fault}',
            next="`checkback doctor` says whether the hub is well; then run the demo again, it can be run any number"
            " of times",
        ) from fault


def _audit(place: Place, message: UUID, tell: Narrator) -> None:
    tell.chapter("The audit")
    tell.says(f"Every move of it, in order, as ids; the same as `checkback audit {message}`.")
    try:
        lines = _lines(place, message)
    except SQLAlchemyError:
        lines = []
    for line in lines:
        tell.line(line)
    if not lines:
        tell.says("It is kept in that hub's own database, which cannot be seen from here: ask for it there.")


def _lines(place: Place, message: UUID) -> list[str]:
    engine = connect.engine(place.database_url, size=1, name="checkback demo")
    try:
        with engine.connect() as conn:
            return audit_lines.lines(record.of_message(conn, message))
    finally:
        engine.dispose()


def _after(place: Place, message: UUID, sender: str, tell: Narrator) -> None:
    if place.own:
        tell.says(
            "The hub of this story was its own and goes with it. `make run` starts one that stays; `make demo` beside"
            " it plays there, and you can look at what it left."
        )
    else:
        tell.says("Look at what it left:")
        tell.line(f"    {called()} show {message} --as {sender} --open")
