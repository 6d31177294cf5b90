"""By which words something was decided."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cited:
    """A protocol and the clauses of it that allow a share."""

    protocol_id: str
    version: str
    digest: str
    clauses: tuple[str, ...]
    says: tuple[str, ...]

    def terms(self) -> dict[str, Any]:
        return {
            "protocol_id": self.protocol_id,
            "version": self.version,
            "digest": self.digest,
            "clauses": list(self.clauses),
            "says": list(self.says),
        }
