"""How a fault is told in the log: its kind and the way to it, never its words and never the frames themselves.

Not as `exc_info`: a frame may hold an opened message, and a logger may show what a frame holds.
"""

import traceback
from pathlib import Path
from typing import Any

from agencies.seal import CannotOpen


class CannotYet(Exception):
    """A row cannot be worked now. `code` says why, in a word of ours."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def code_of(fault: Exception) -> str:
    """What may be kept of a fault: a code of ours, or its kind; its words may quote a message."""
    if isinstance(fault, CannotYet):
        return fault.code
    if isinstance(fault, CannotOpen):
        return f"cannot_open.{fault.why}"
    return type(fault).__name__


def told(fault: Exception) -> dict[str, Any]:
    frames = traceback.extract_tb(fault.__traceback__)[-4:]
    return {"fault": code_of(fault), "where": [f"{Path(one.filename).name}:{one.lineno}" for one in frames]}
