"""The narrator: says in the terminal what happens, at a pace that can be read; plain and at once where nobody looks."""

import textwrap
import time

from rich.console import Console
from rich.text import Text

WIDEST = 100  # columns that are comfortable to read
PACE = 0.012  # seconds a letter
LONGEST_PAUSE = 2.5
LABEL = 12  # columns


class Narrator:
    """Counts chapters and calls, and knows where the story is."""

    def __init__(self, *, fast: bool) -> None:
        self._out = Console(highlight=False, soft_wrap=True)
        self._width = min(self._out.width, WIDEST) if self._out.is_terminal else WIDEST
        self._pauses = self._out.is_terminal and not fast
        self._last = ""
        self.title = "the beginning"
        self.chapters = 0
        self.calls = 0

    def chapter(self, title: str) -> None:
        self.chapters += 1
        self.title = title
        self.line("")
        self._say(f"{self.chapters}. {title}", indent=0, style="bold")
        self._pause(title)

    def says(self, text: str) -> None:
        self._say(text, indent=2)
        self._pause(text)

    def call(self, agency: str, method: str, path: str) -> None:
        """A call to the API. One that is asked again and again, until something has come, is told once."""
        line = f"    {agency:<20} {method:<4} {path}"
        if line != self._last or method != "GET":
            self.calls += 1
            self.line(line, style="dim cyan")
        self._last = line

    def person(self, name: str, role: str, words: str) -> None:
        self._say(f"{name}, {role}:", indent=4, style="italic")
        self._say(f"“{words}”", indent=6)
        self._pause(words)

    def item(self, head: str, *details: tuple[str, str]) -> None:
        """One thing, with what is to be known of it beneath: label and text."""
        self._say(head, indent=4, style="green")
        for label, text in details:
            for number, line in enumerate(textwrap.wrap(text, self._width - LABEL - 6)):
                self.line(Text.assemble(" " * 6, (f"{'' if number else label:<{LABEL}}", "dim"), line))
        self._pause(head + "".join(text for _, text in details))

    def held(self, text: str) -> None:
        """Who holds the responsibility: what everybody must be able to see."""
        self._say(text, indent=4, style="bold yellow")
        self._pause(text)

    def end(self, text: str) -> None:
        self.line("")
        self._say(f"✓ {text}", indent=0, style="bold green")

    def line(self, text: str | Text, *, style: str = "") -> None:
        """A line that must stay whole, to be copied or read by a program: only the terminal wraps it."""
        self._last = ""
        self._out.print(text, style=style, markup=False)

    def _say(self, text: str, *, indent: int, style: str = "") -> None:
        margin = " " * indent
        for line in textwrap.wrap(
            text, self._width, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False
        ):
            self.line(line, style=style)

    def _pause(self, text: str) -> None:
        if self._pauses:
            time.sleep(min(LONGEST_PAUSE, PACE * len(text)))
