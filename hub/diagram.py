"""The journey as a picture, drawn from the table itself: `python -m hub.diagram FILE` redraws it in a document."""

import sys
from pathlib import Path
from typing import Literal

from hub.journey import ENDS, MOVES

WHO = {
    "hub": "hub",
    "sender": "sender",
    "recipient": "recipient",
    "either": "either side",
    "other_side": "the other side",
}


def mermaid(of: Literal["message", "share"]) -> str:
    """A state diagram. Moves with the same ends stand on one arrow; a move that every state has is said in words."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in MOVES:
        if row.of == of and not _everywhere(of, row.event):
            arrows.setdefault((row.before, row.after), []).append(f"{row.event} ({WHO[row.by]})")
    start = "accepted" if of == "message" else "planned"
    lines = ["stateDiagram-v2", f"    [*] --> {start}"]
    lines += [f"    {before} --> {after}: {', '.join(events)}" for (before, after), events in arrows.items()]
    lines += [f"    {end} --> [*]" for end in sorted(ENDS[of])]
    return "\n".join(lines)


def _everywhere(of: str, event: str) -> bool:
    befores = {row.before for row in MOVES if row.of == of and row.event == event}
    return of == "share" and len(befores) == len({row.before for row in MOVES if row.of == of})


def table() -> str:
    """Every move with who may make it, what it starts to owe, and what it settles."""
    lines = [
        "| of | from | event | to | by | starts to owe | settles | next step |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in MOVES:
        who = WHO[row.by] + (", a named person" if row.named else "")
        settles = "all" if row.settles == ("*",) else ", ".join(row.settles)
        lines.append(
            f"| {row.of} | {row.before} | {row.event} | {row.after} | {who} |"
            f" {', '.join(row.owes)} | {settles} | {row.next or ''} |"
        )
    return "\n".join(lines)


def picture() -> str:
    return (
        "A message:\n\n```mermaid\n" + mermaid("message") + "\n```\n\nA share:\n\n```mermaid\n" + mermaid("share")
        + "\n```\n\nWhen the sender withdraws a message, every share of it that has not ended is released.\n\n"
        + table() + "\n"
    )  # fmt: skip


def redraw(document: Path) -> None:
    told = document.read_text(encoding="utf-8")
    before, rest = told.split("<!-- journey -->\n")
    after = rest.split("<!-- /journey -->")[1]
    drawn = f"{before}<!-- journey -->\n{picture()}<!-- /journey -->{after}"
    document.write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    redraw(Path(sys.argv[1]))
