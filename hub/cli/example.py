"""`checkback example`: an invented message of docs/examples, brought to today, so that a baby is still a baby."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from hub import clock
from hub.cli import say
from hub.errors import NotFound
from protocols.messages.examples import brought_to

FOLDER = Path(__file__).parents[2] / "docs" / "examples"


def example(
    name: Annotated[str | None, typer.Argument(help="Which one; without, they are listed.", show_default=False)] = None,
) -> None:  # fmt: skip
    """Print an invented message, as if it had been written this week: try `example NAME | send - --as AGENCY`."""
    if name is None:
        for one in names():
            say.say(one)
        return
    print(json.dumps(fresh(name), indent=2, ensure_ascii=False))


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def fresh(name: str) -> dict[str, Any]:
    if name not in names():
        raise NotFound(f"there is no example {name}", next=f"take one of these: {', '.join(names())}")
    raw = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return brought_to(raw, clock.now().astimezone(clock.LONDON).date())
