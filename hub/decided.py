"""Who does not hear, in the audit: by the protocol's refusal, or by the sender's own decision."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from hub.journey import HUB
from hub.store import audit


def not_shared(
    conn: Connection,
    message_id: UUID,
    sender: str,
    decisions: Sequence[Mapping[str, Any]],
    *,
    at: datetime,
) -> None:
    audit.write(
        conn,
        [
            audit.Entry(
                at=at,
                event=f"message.{one['outcome']}",
                message_id=message_id,
                sender=sender,
                by_agency=sender if one["outcome"] == "withhold" else HUB,
                detail={
                    name: one[name]
                    for name in (
                        "agency",
                        "role",
                        "area",
                        "protocol",
                        "protocol_version",
                        "clauses",
                        "reason",
                    )
                    if one[name]
                },
            )
            for one in decisions
        ],
    )
