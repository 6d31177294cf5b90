"""Runs either client, so that each test holds for both."""

import asyncio
from collections.abc import AsyncIterator
from itertools import islice
from typing import Any

from agencies import talking, wire
from agencies.client import AsyncCheckback, Checkback, Keychain

TOKEN = "cbk_0000000000000000_example"


class Waiting:
    """Runs either client, so that each test holds for both."""

    def __init__(
        self, make: type[Checkback | AsyncCheckback], url: str, keys: Keychain | None = None
    ) -> None:
        self.hub = make(url, TOKEN, keys)
        self._runner = asyncio.Runner()

    def run(self, ask: talking.Ask[Any]) -> Any:  # noqa: ANN401 - whatever was asked for
        if isinstance(self.hub, Checkback):
            return self.hub.run(ask)
        return self._runner.run(self.hub.run(ask))

    def first_of_inbox(self, count: int) -> list[wire.InboxItem]:
        if isinstance(self.hub, Checkback):
            return list(islice(self.hub.inbox_forever(wait=0), count))
        return self._runner.run(_first(self.hub.inbox_forever(wait=0), count))

    def every_agency(self, **which: str) -> list[wire.AgencyTold]:
        if isinstance(self.hub, Checkback):
            return list(self.hub.every_agency(**which))
        return self._runner.run(_all(self.hub.every_agency(**which)))

    def close(self) -> None:
        if isinstance(self.hub, Checkback):
            self.hub.hang_up()
        else:
            self._runner.run(self.hub.hang_up())
        self._runner.close()


async def _first(items: AsyncIterator[wire.InboxItem], count: int) -> list[wire.InboxItem]:
    found = []
    async for item in items:
        found.append(item)
        if len(found) == count:
            break
    return found


async def _all(agencies: AsyncIterator[wire.AgencyTold]) -> list[wire.AgencyTold]:
    return [one async for one in agencies]
