"""The stage: each agency's own client, and waiting for what must come about. A story is told with these alone."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date, timedelta
from functools import cached_property
from typing import Self, TypeVar
from uuid import UUID

from pydantic import BaseModel

from agencies.client import Checkback
from agencies.talking import Ask
from agencies.wire import CheckBack, Event, Grid, GridShare, InboxItem, Moved, OwedTold, Party
from hub import clock
from hub.cli import trial
from hub.cli.decided import reasons
from hub.cli.demo import words
from hub.cli.demo.place import Place
from hub.cli.demo.tell import Narrator
from hub.cli.trial import Trial
from hub.errors import NotFound

PATIENCE = 60.0  # seconds for the hub to carry something out: it takes a fraction of one, on a quiet machine
POLL = 5.0
SATURDAY = 5

T = TypeVar("T", bound=BaseModel)


class NotAsTold(Exception):
    """The hub did something else than the story says."""


class Client(Checkback):
    """An agency's client as everybody uses it, whose calls the narrator mentions."""

    def __init__(self, url: str, one: Trial, tell: Narrator) -> None:
        super().__init__(url, one.token, one.keychain)
        self._agency = one.agency
        self._tell = tell

    def run(self, ask: Ask[T]) -> T:
        self._tell.call(self._agency, ask.method, ask.path)
        return super().run(ask)


class Stage(ExitStack):
    """Who can act, and where."""

    def __init__(self, url: str, trials: Mapping[str, Trial], tell: Narrator) -> None:
        super().__init__()
        self.url = url
        self.tell = tell
        self.today = clock.now().date()  # the day as the hub counts it
        self.clients: dict[str, Client] = {}
        self._trials = trials

    @classmethod
    def at(cls, place: Place, tell: Narrator) -> Self:
        trials = trial.load(place.home)
        if not trials:
            raise NotFound(
                f"{trial.directory_of(place.home)} has no agencies to act with at {place.url}",
                next="run the demo where that hub was started with `checkback up --examples`, or without --url",
            )
        return cls(place.url, trials, tell)

    def as_(self, agency: str) -> Client:
        """The client of one agency, with its own credential and keys."""
        if agency not in self.clients:
            if agency not in self._trials:
                raise NotAsTold(f"{agency}, who acts in it, is not among the agencies to try")
            self.clients[agency] = self.enter_context(Client(self.url, self._trials[agency], self.tell))
        return self.clients[agency]

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What agencies are called, by their ids."""
        asking = next(iter(self.clients.values()))
        return {one.id: one.name for one in asking.every_agency()}

    def day(self, days: int) -> date:
        """So many days on, or the Monday after: a weekday, on which people work."""
        wanted = self.today + timedelta(days=days)
        return wanted + timedelta(days=max(0, 7 - wanted.weekday()) if wanted.weekday() >= SATURDAY else 0)

    # -- what must come about ------------------------------------------------------------------------------

    def waiting(self, agency: str, message: UUID) -> InboxItem:
        """What waits for an agency of this message. Its other post is left alone."""
        after, deadline = None, time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            page = self.as_(agency).inbox(after=after, wait=POLL)
            for item in page.shares:
                if item.message == message:
                    return item
            after = page.next or after
        raise NotAsTold(f"nothing of this message reached {agency} within {PATIENCE:.0f} seconds")

    def grid(self, sender: str, message: UUID, *, until: Callable[[Grid], bool], what: str) -> Grid:
        """The sender's grid, once it shows what must come about."""
        deadline = time.monotonic() + PATIENCE
        while not until(grid := self.as_(sender).message(message)):
            if time.monotonic() > deadline:
                raise NotAsTold(f"{what} did not come about within {PATIENCE:.0f} seconds")
            time.sleep(0.1)
        return grid

    def owed(self, agency: str, message: UUID, what: str) -> OwedTold:
        """What an agency owes on this message, once it does."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for one in self.as_(agency).owed(limit=500).owed:
                if one.message == message and one.what == what:
                    return one
            time.sleep(0.5)
        raise NotAsTold(f"{agency} was not asked for {what} within {PATIENCE:.0f} seconds")

    def events(self, agency: str) -> Iterator[Event]:
        """All that an agency has heard of, from the beginning."""
        after = None
        while (page := self.as_(agency).events(after=after)).events:
            yield from page.events
            after = page.next

    def moved(self, made: Moved, state: str) -> Moved:
        """The answer to an act, which must have led to this state."""
        must(made.state == state, f"the share is {made.state}, and not {state}")
        return made

    # -- what every story tells ----------------------------------------------------------------------------

    def tell_party(self, party: Party) -> None:
        """One line of a preview."""
        if party.outcome != "share":
            self.tell.item(f"{party.agency or party.role} does not hear", ("because", str(party.explanation)))
            return
        notes = "; telephone first" * party.call_first
        notes += "; takes the responsibility, once a named person accepts" * party.takes_responsibility
        owed = [words.limit(one) for one in party.deadlines if one.owed_by == party.agency]
        self.tell.item(
            f"{self.names[str(party.agency)]}{notes}",
            ("sees", words.sections(party.sections)),
            ("but not", words.withheld(party.withheld)),
            ("owes", ", ".join(owed)),
            *(("" if number else "by clause", one) for number, one in enumerate(reasons(party))),
        )

    def tell_check_back(self, act: CheckBack) -> None:
        todo = "; ".join(f"{one.what} ({one.who}, by {one.by_when:%a %-d %b})" for one in act.actions)
        self.tell.item(
            f"{act.by.name}, {act.by.role}, checks back under {act.case_reference}",
            ("understood", act.understanding),
            ("it means", act.significance),
            ("will do", todo),
            ("review on", f"{act.review_on:%A %-d %B}"),
        )

    def tell_grid(self, grid: Grid) -> None:
        for share in grid.shares:
            owed = [one for one in share.deadlines if one.met_at is None and one.due_at is not None]
            first = min(owed, key=lambda one: str(one.due_at), default=None)
            details = [("owed", f"{words.limit(first)}: by {words.moment(first.due_at)}")] if first else []
            self.tell.item(f"{self.names[share.recipient]}: {share.state}", *details)

    def tell_holder(self, grid: Grid) -> None:
        holder = grid.responsibility
        if holder is None:
            raise NotAsTold("nobody holds the responsibility")
        named = f", by name {holder.person.name}, {holder.person.role}" if holder.person else ""
        self.tell.held(f"The responsibility is held by {self.names[holder.agency]}{named}.")


def must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotAsTold(otherwise)


def share_of(grid: Grid, recipient: str) -> GridShare:
    for share in grid.shares:
        if share.recipient == recipient:
            return share
    raise NotAsTold(f"no share is for {recipient}")
