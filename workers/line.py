"""What the workers need at hand: the database, what is known, and the keys that no other process holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import Engine

from agencies.keys import SealPrivate, SignPrivate
from agencies.reach.govuk_notify import GovukNotify
from agencies.reach.mail import Mail
from agencies.reach.notice import Carrier
from agencies.reach.port import Reach
from agencies.reach.webhook import Webhook
from hub import keyfiles
from hub.clock import Clock
from hub.clock import now as read_now
from hub.known import Known, Memory, places_of
from hub.pseudonyms import Pseudonyms
from hub.records import Records
from hub.settings import WorkerSettings
from hub.store import connect


@dataclass(frozen=True, kw_only=True)
class House:
    """What keeping house takes: no key at all. Everything in it may be used by several threads at once."""

    engine: Engine
    known: Callable[[], Known]  # the newest snapshot; one step works with one
    clock: Clock = read_now
    shred_after: timedelta = timedelta(0)

    def now(self) -> datetime:
        return self.clock()


@dataclass(frozen=True, kw_only=True)
class Line(House):
    """A worker's hold on the line: besides, the keys that open, sign, hide and mark, and the way to an endpoint."""

    hub: str
    openers: Mapping[str, SealPrivate]  # the hub's own keys by name: after a rotation there are several
    signer: SignPrivate
    records: Records
    pseudonyms: Pseudonyms
    webhook: Reach
    carrier: Carrier | None = None  # of notices by e-mail; none: they stand in events and at /v1/owed only
    base_url: str = ""
    batch: int = 50
    lease_for: timedelta = timedelta(seconds=60)

    @classmethod
    def of(cls, settings: WorkerSettings) -> Self:
        """The line as the settings say, its keys read from their files."""
        house = house_of(settings, name="checkback worker")
        return cls(
            engine=house.engine,
            known=house.known,
            shred_after=house.shred_after,
            hub=settings.hub,
            openers=keyfiles.hub_private_keys(settings),
            signer=keyfiles.share_signer(settings),
            records=keyfiles.records(settings),
            pseudonyms=keyfiles.pseudonyms(settings),
            webhook=Webhook(timeout=settings.webhook_timeout, private=settings.webhook_private_addresses),
            carrier=carrier_of(settings),
            base_url=settings.base_url,
            batch=settings.batch,
            lease_for=timedelta(seconds=settings.lease_seconds),
        )


def carrier_of(settings: WorkerSettings) -> Carrier | None:
    if settings.notify_api_key:
        return GovukNotify(settings.notify_api_key, settings.notify_template, settings.notify_url)
    if settings.mail_host:
        return Mail(
            settings.mail_host,
            settings.mail_port,
            settings.mail_from,
            tls=settings.mail_tls,
            user=settings.mail_user or None,
            password=settings.mail_password,
        )
    return None


def house_of(settings: WorkerSettings, *, name: str) -> House:
    engine = connect.engine(settings.database_url, size=settings.database_pool, name=name)
    return House(
        engine=engine,
        known=Memory(engine, places_of(settings)).current,
        shred_after=timedelta(days=settings.shred_after_days),
    )
