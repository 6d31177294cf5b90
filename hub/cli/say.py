"""How the command line speaks: results on standard output, everything else on standard error."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hub.clock import LONDON

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)
WIDE = 400  # columns of a table that a program reads: nothing is cut


def say(text: str = "") -> None:
    out.print(text, markup=False)


def moment(at: datetime) -> str:
    """As the clock on the wall says it where these agencies work."""
    return f"{at.astimezone(LONDON):%Y-%m-%d %H:%M %Z}"


def done(text: str) -> None:
    out.print(f"[green]✓[/] {escape(text)}")


def note(text: str) -> None:
    """What somebody may want to know and no program reads."""
    err.print(text, markup=False)


def fail(detail: str, *faults: str, next: str = "") -> int:  # noqa: A002 - the word of the problem document
    """Say what is wrong and what to do next; answers with the exit status."""
    err.print(f"[bold red]checkback:[/] {escape(detail)}")
    for fault in faults:
        err.print(f"  - {escape(fault)}")
    if next:
        err.print(f"Next: {escape(next)}")
    return 1


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        made.add_column(column, overflow="fold", no_wrap=number == 0)  # an id that is cut is no id
    for row in rows:
        made.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
    where = out if out.is_terminal else Console(width=WIDE, highlight=False)
    where.print(made)
