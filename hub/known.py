"""What a process knows of who, how and where: directory, protocols, keys, credentials, read from PostgreSQL.

They change seldom and are asked for with every message, so a process holds one snapshot, `Known`, and `Memory`
looks once a second whether a newer one is there. A revoked credential or key is therefore dead within about a
second everywhere. A snapshot never changes: whatever runs with it sees one truth.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Engine

from agencies.areas import Areas
from agencies.areas import shipped as shipped_areas
from agencies.callers import Credential
from agencies.directory import AgencyError, Directory
from agencies.keys import KeyRing
from agencies.places import SAMPLE, Places
from hub.clock import england
from hub.settings import Settings
from hub.store import registry
from hub.store.connect import looking
from protocols.deadlines import Calendar, OpeningHours
from protocols.decision import Party
from protocols.protocol import Protocol

LOOK_EVERY = 1.0  # seconds
ALWAYS = OpeningHours.parse("always")


@dataclass(frozen=True)
class Known:
    number: int
    directory: Directory
    protocols: tuple[Protocol, ...]
    keys: KeyRing
    credentials: Mapping[str, Credential]
    places: Places

    def hours(self, agency: str, at: datetime) -> OpeningHours:
        """When an agency's clock runs. One that has closed or is unknown never gains time by it."""
        try:
            return self.directory.get(agency, at).hours
        except AgencyError:
            return ALWAYS

    def calendar(self, agency: str, at: datetime) -> Calendar:
        """The days that count for an agency: England's, with the school terms of its area."""
        try:
            return _calendar(self.places.areas, self.directory.get(agency, at).area)
        except AgencyError:
            return _calendar(self.places.areas, None)

    def protocol(self, id_: str | None) -> Protocol | None:
        """Its newest version: one that has run out still says who hears of a lapse."""
        return max(
            (one for one in self.protocols if one.id == id_), key=lambda one: one.effective, default=None
        )

    def party(self, agency: str, at: datetime) -> Party:
        """An agency that is open, as a protocol sees it."""
        entry = self.directory.get(agency, at)
        return Party(entry.id, entry.role, entry.area)

    def same_area(self, a: str, b: str) -> bool:
        """Whether two codes mean the same area, of which one may have been replaced by the other."""
        current = self.places.areas.current
        return current(a) == current(b)

    def area_of(self, postcode: str) -> str | None:
        return self.places.area_of(postcode)


@cache
def _calendar(areas: Areas, area: str | None) -> Calendar:
    return england(lambda day: areas.is_school_day(area, day) if area else None)


def places_of(settings: Settings) -> Places:
    """The postcode directory and the areas that the settings name, or the samples that come with Checkback."""
    areas = shipped_areas() if settings.areas_file is None else Areas.read(settings.areas_file)
    return Places.read(settings.places_file or SAMPLE, areas=areas)


def read(conn: Connection, places: Places, *, number: int | None = None) -> Known:
    """The snapshot of this moment."""
    return Known(
        number=registry.number(conn) if number is None else number,
        directory=registry.directory(conn),
        protocols=registry.protocols(conn),
        keys=registry.keys(conn),
        credentials=registry.credentials(conn),
        places=places,
    )


class Memory:
    """The newest snapshot, shared by the threads of a process."""

    def __init__(
        self, engine: Engine, places: Places, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._places = places
        self._seconds = seconds
        self._lock = threading.Lock()
        self._known: Known | None = None
        self._looked = 0.0

    def current(self) -> Known:
        """The snapshot; at most once a second it asks PostgreSQL whether there is a newer one."""
        known = self._known
        if known is not None and self._seconds() - self._looked < LOOK_EVERY:
            return known
        with self._lock:
            if self._known is None or self._seconds() - self._looked >= LOOK_EVERY:
                self._known = self._look(self._known)
                self._looked = self._seconds()
            return self._known

    def held(self) -> Known | None:
        """The snapshot of the last look, without a look: for whoever may not wait, while another one looks."""
        return self._known

    def _look(self, old: Known | None) -> Known:
        with looking(self._engine) as conn:
            number = registry.number(conn)
            if old is not None and old.number == number:
                return old
            return read(conn, self._places, number=number)
