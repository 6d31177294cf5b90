"""The tables of docs/api.md, made from the operations themselves: `python -m hub.web.document docs/api.md` renews them.

A test says that the document is up to date.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from hub.web.api import OPERATIONS
from hub.web.openapi import REFUSALS
from hub.web.problems import TITLES, TYPE


def operations() -> list[str]:
    rows = [
        (f"`{one.method} {one.path}`", one.summary, _statuses((one.status, *one.refuses)))
        for one in OPERATIONS
    ]
    return _table(("operation", "what it is for", "answers"), rows)


def _statuses(found: Iterable[int]) -> str:
    return ", ".join(map(str, found))


def problems() -> list[str]:
    return _table(("status", "when"), [(str(status), says) for status, (_, says) in REFUSALS.items()])


def types() -> list[str]:
    return _table(("type", "title"), [(f"`{TYPE}{code}`", title) for code, title in TITLES.items()])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [head, tuple("---" for _ in head), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


TABLES = {"operations": operations, "problems": problems, "types": types}
_MARKED = re.compile(r"(<!-- (\w+) -->\n)(?:(?!<!--).)*(<!-- end -->)", re.DOTALL)


def renewed(text: str) -> str:
    """The document with each of its marked tables as it should be now."""
    return _MARKED.sub(lambda found: found[1] + "\n".join(TABLES[found[2]]()) + "\n" + found[3], text)


if __name__ == "__main__":
    document = Path(sys.argv[1])
    document.write_text(renewed(document.read_text(encoding="utf-8")), encoding="utf-8")
