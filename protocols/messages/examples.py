"""The examples in docs/examples are written as of one day; this brings them to another.

A due date, a bail date or an age goes stale. A rehearsal, a demonstration or a test moves every date by the same
whole number of weeks, so that children stay as old as they were and Mondays stay Mondays.
"""

import re
from datetime import date, datetime, timedelta
from typing import Any

from protocols.hours import LONDON

WRITTEN_ON = date(2026, 4, 15)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}", re.ASCII)


def brought_to(raw: dict[str, Any], today: date) -> dict[str, Any]:
    """The example as if it had been written in the seven days before `today`."""
    weeks = ((today - WRITTEN_ON).days - 1) // 7
    moved: dict[str, Any] = _moved(raw, timedelta(weeks=weeks))
    return moved


def _moved(value: Any, by: timedelta) -> Any:  # noqa: ANN401 - JSON in, JSON out
    if isinstance(value, dict):
        return {name: _moved(inner, by) for name, inner in value.items()}
    if isinstance(value, list):
        return [_moved(inner, by) for inner in value]
    if isinstance(value, str) and _DATE.fullmatch(value):
        return (date.fromisoformat(value) + by).isoformat()
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        # The same time on the clock on the wall, in summer as in winter.
        return (datetime.fromisoformat(value).replace(tzinfo=LONDON) + by).isoformat()
    return value
