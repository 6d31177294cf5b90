"""What `Retry-After` asks for, in seconds: whoever asks us to wait may say it as a figure or as a date."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(told: str | None, now: datetime) -> float | None:
    """None: nothing was asked, or nothing that can be understood."""
    told = (told or "").strip()
    if told.isascii() and told.isdigit():
        return float(told)
    try:
        return max(0.0, (parsedate_to_datetime(told).astimezone(UTC) - now).total_seconds())
    except (ValueError, OverflowError):
        return None
