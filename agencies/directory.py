"""Who there is: every agency, dated, found by id, by role and area, or by ODS code, as of a day.

A directory never changes once it is made. It is read from files (`Directory.read`), or from rows that the
database keeps (`from_rows`); `shipped()` is the example that comes with Checkback. It answers the three
questions of `protocols.decision.Finder`, so the protocols can decide without knowing where agencies come from.

Lookups are a dictionary each. What is open on a day is worked out once for that day and kept.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from agencies.agency import (
    Agency,
    AgencyError,
    ClosedAgency,
    Contact,
    ContactRole,
    NotYetOpen,
    UnknownAgency,
    day_of,
)
from agencies.agree import DirectoryFaults, Fault, disagreements, gaps
from agencies.describe import described
from protocols.decision import Gone, Party
from protocols.vocabulary import Role

__all__ = [
    "Agency",
    "AgencyError",
    "ClosedAgency",
    "Contact",
    "ContactRole",
    "Directory",
    "DirectoryFaults",
    "Fault",
    "NotYetOpen",
    "UnknownAgency",
    "day_of",
    "shipped",
]

LIBRARY = Path(__file__).parent / "library"
_DAYS_KEPT = 8  # a hub asks for today; a replay, an audit or a test asks for a few other days


@dataclass(frozen=True, slots=True)
class _Day:
    """What is open on one day."""

    agencies: Mapping[str, Agency]
    parties: Mapping[str, Party]
    by_role: Mapping[tuple[Role, str], tuple[Party, ...]]
    practices: Mapping[str, Party]  # by ODS code


class Directory:
    """All agencies that there are, were and will be. Rows that contradict each other are refused, all at once."""

    def __init__(self, rows: Iterable[Agency]) -> None:
        self._rows = tuple(sorted(rows, key=lambda row: (row.id, row.opens)))
        faults = disagreements(self._rows)
        if faults:
            raise DirectoryFaults(faults)
        by_id: dict[str, list[Agency]] = defaultdict(list)
        by_ods: dict[str, list[Agency]] = defaultdict(list)
        for row in self._rows:
            by_id[row.id].append(row)
            if row.ods is not None and row.role is Role.GP_PRACTICE:
                by_ods[row.ods].append(row)
        self._by_id = {agency: tuple(rows) for agency, rows in by_id.items()}
        self._by_ods = {ods: tuple(sorted(rows, key=_opens)) for ods, rows in by_ods.items()}
        self._days: dict[date, _Day] = {}

    # -- where it comes from --------------------------------------------------------------------------------

    @classmethod
    def read(cls, paths: Iterable[Path | str] | Path | str) -> "Directory":
        """From TOML files, or from every TOML file in a folder. All faults of all files at once."""
        rows, places, faults = described([paths] if isinstance(paths, Path | str) else paths)
        # What an entry with faults would have said is not known, so nothing is called missing on its account.
        faults += disagreements(rows, places, unread={fault.entry for fault in faults})
        faults += [] if faults else gaps(rows, places)
        if faults:
            raise DirectoryFaults(sorted(faults))
        return cls(rows)

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Any]]) -> "Directory":
        """From what `to_rows` gave, in any order."""
        return cls(Agency.model_validate(row) for row in rows)

    def to_rows(self) -> list[dict[str, Any]]:
        """Every row as JSON has it, by id and then by date."""
        return [row.to_row() for row in self._rows]

    @property
    def rows(self) -> tuple[Agency, ...]:
        return self._rows

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, agency: object) -> bool:
        return agency in self._by_id

    # -- one agency -----------------------------------------------------------------------------------------

    def get(self, agency: str, at: date | datetime) -> Agency:
        """The row that holds on that day, or why there is none: UnknownAgency, NotYetOpen or ClosedAgency."""
        found = self._day(at).agencies.get(agency)
        return found if found is not None else self._absent(agency, day_of(at))

    def history(self, agency: str) -> tuple[Agency, ...]:
        """All rows of an agency, oldest first."""
        rows = self._by_id.get(agency)
        if rows is None:
            raise UnknownAgency(agency)
        return rows

    def successor_of(self, agency: str, at: date | datetime) -> str | None:
        """Who does its work on that day, through as many successions as there were. None: nobody, or itself."""
        open_now = self._day(at).agencies
        if agency in open_now:
            return None
        following: str | None = agency
        while following is not None and following not in open_now:
            following = self._by_id[following][-1].successor if following in self._by_id else None
        return following

    def closed(self, at: date | datetime) -> tuple[str, ...]:
        """Every agency that has closed by that day, and does not open again."""
        return tuple(one for one in self._by_id if self.is_closed(one, at))

    def is_closed(self, agency: str, at: date | datetime) -> bool:
        rows = self._by_id.get(agency)
        return rows is not None and agency not in self._day(at).agencies and rows[-1].opens <= day_of(at)

    def _absent(self, agency: str, day: date) -> Agency:
        rows = self.history(agency)
        later = next((row for row in rows if row.opens > day), None)
        if later is not None:
            raise NotYetOpen(agency, later.opens)
        raise ClosedAgency(agency, rows[-1].closes or day, self.successor_of(agency, day))

    # -- many -----------------------------------------------------------------------------------------------

    def agencies(
        self, at: date | datetime, *, role: Role | None = None, area: str | None = None
    ) -> tuple[Agency, ...]:
        """All that are open on that day, by id."""
        return tuple(
            agency
            for agency in self._day(at).agencies.values()
            if (role is None or agency.role == role) and (area is None or agency.area == area)
        )

    def search(self, words: str, at: date | datetime) -> tuple[Agency, ...]:
        """Those whose id, name, ODS code or other names have all of these words, as people look things up."""
        wanted = words.casefold().split()
        return tuple(
            agency
            for agency in self._day(at).agencies.values()
            if wanted and all(word in _said_of(agency) for word in wanted)
        )

    def partnership(self, area: str, at: date | datetime) -> Agency | None:
        """The partnership of an area: it hears of what nobody else can settle."""
        found = self.find(Role.PARTNERSHIP, area, at)
        return self._day(at).agencies[found[0].agency] if found else None

    # -- what the protocols ask: protocols.decision.Finder --------------------------------------------------

    def find(self, role: Role, area: str, at: datetime | date) -> Sequence[Party]:
        return self._day(at).by_role.get((role, area), ())

    def gp(self, ods: str, at: datetime | date) -> Party | Gone | None:
        """The practice of an ODS code; Gone if it has closed; None if there is none, or none yet."""
        code = ods.strip().upper()
        found = self._day(at).practices.get(code)
        if found is not None:
            return found
        past = [row for row in self._by_ods.get(code, ()) if row.opens <= day_of(at)]
        return Gone(self.successor_of(past[-1].id, at)) if past else None

    def named(self, agency_id: str, at: datetime | date) -> Party | Gone | None:
        found = self._day(at).parties.get(agency_id)
        if found is not None:
            return found
        rows = self._by_id.get(agency_id)
        if rows is None or any(row.opens > day_of(at) for row in rows):
            return None
        return Gone(self.successor_of(agency_id, at))

    def _day(self, at: date | datetime) -> _Day:
        day = day_of(at)
        known = self._days.get(day)
        if known is None:
            known = _open_on(self._rows, day)
            # Swapped whole, never changed in place: threads may be reading the old one.
            kept = list(self._days.items())[-(_DAYS_KEPT - 1) :]
            self._days = dict([*kept, (day, known)])
        return known


def _open_on(rows: Iterable[Agency], day: date) -> _Day:
    agencies = {row.id: row for row in rows if row.is_open(day)}
    parties = {row.id: Party(row.id, row.role, row.area) for row in agencies.values()}
    by_role: dict[tuple[Role, str], list[Party]] = defaultdict(list)
    for party in parties.values():
        by_role[party.role, party.area].append(party)
    practices = {
        row.ods: parties[row.id]
        for row in agencies.values()
        if row.ods is not None and row.role is Role.GP_PRACTICE
    }
    return _Day(agencies, parties, {key: tuple(found) for key, found in by_role.items()}, practices)


def _opens(row: Agency) -> date:
    return row.opens


def _said_of(agency: Agency) -> str:
    return " ".join((agency.id, agency.name, agency.ods or "", *agency.aliases)).casefold()


@cache
def shipped() -> Directory:
    """The example of Sandwell, Birmingham and Camden. Plausible, and nobody in it is real."""
    return Directory.read(LIBRARY / "directory")
