"""Every setting of the hub, written once: its name, what it is for, and what it is when nobody says.

A setting comes from the environment (`CHECKBACK_LOG_LEVEL=debug`), or from a file of that name in the secrets
directory (`/run/secrets/checkback_database_url`), or is the default below. Three classes, because different
processes may know different things:

    Settings         what every process knows: the database, Redis, logs, the name of this hub
     ├─ WebSettings     listens and records: holds the hub's PUBLIC sealing key, and signs notes
     └─ WorkerSettings  acts and sends: holds the hub's PRIVATE sealing key, and signs shares

The web process is given no name for the private key, so no code path of it can open a message in transit.
`docs/settings.md` is printed from these classes, and a test says that it is up to date.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

PREFIX = "CHECKBACK_"
SECRETS_HERE = "CHECKBACK_SECRETS_DIR"
SECRETS = Path("/run/secrets")  # where container engines put them

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


def _key(name: str) -> Any:  # noqa: ANN401 - a default factory's argument is pydantic's own dict
    return lambda known: known["keys"] / name


class Settings(BaseSettings):
    """What every process of the hub knows."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, validate_default=True, populate_by_name=True
    )

    hub: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,62}$")] = Field(
        default="checkback.example",
        description="The name of this hub, bound into every envelope: do not change it once messages flow.",
    )
    home: Path = Field(
        default=Path("var"),
        description="Where the embedded database, Redis, keys and logs are kept. Back this directory up.",
    )
    database_url: str = Field(
        default="postgresql://postgres@127.0.0.1/checkback",
        validation_alias=AliasChoices("CHECKBACK_DATABASE_URL", "DATABASE_URL", "database_url"),
        description="PostgreSQL, the only truth. `checkback up` starts one of its own when this is not set.",
        repr=False,
    )
    database_pool: Count = Field(
        default=10, description="Connections to PostgreSQL that one process keeps open, at the most."
    )
    redis_url: str = Field(
        default="redis://127.0.0.1:6379/0",
        validation_alias=AliasChoices("CHECKBACK_REDIS_URL", "REDIS_URL", "redis_url"),
        description="Redis, for wake-ups only. `checkback up` starts one of its own when this is not set.",
        repr=False,
    )
    places_file: Path | None = Field(
        default=None,
        description="The ONS postcode directory (CSV). Without it, only a small sample of postcodes is known.",
    )
    areas_file: Path | None = Field(
        default=None,
        description="Names and school terms of the areas (TOML). Without it, only those of the example areas.",
    )
    base_url: str = Field(
        default="",
        description="The hub's address as others see it, for links. Empty: links are relative paths.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least grave line that is logged."
    )
    log_format: Literal["auto", "json", "text"] = Field(
        default="auto", description="`json` for machines, `text` for people; `auto` is text on a terminal."
    )
    keys: Path = Field(
        default_factory=lambda known: known["home"] / "keys",
        description="The directory of this process's key files; `checkback keys hub` makes them.",
    )
    records_key_file: Path = Field(
        default_factory=_key("records.json"),
        description="The key that seals what the hub itself must read again: names of people in its records.",
    )
    hub_public_key_file: Path = Field(
        default_factory=_key("hub-seal.public.json"),
        description="The hub's public sealing key: what is accepted is sealed to it before it is stored.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        where = Path(os.environ.get(SECRETS_HERE, SECRETS))
        if not where.is_dir():
            return init_settings, env_settings
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets_dir=where)


class WebSettings(Settings):
    """What the web process knows besides: how to listen, and how much it takes."""

    host: str = Field(default="127.0.0.1", description="The address that the web process listens on.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=8000, description="The port that it listens on."
    )
    web_processes: Count = Field(
        default=1, description="How many web processes `checkback up` and `serve` start."
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses whose X-Forwarded-For and -Proto are believed: the proxy that ends TLS.",
    )
    note_signing_key_file: Path = Field(
        default_factory=_key("note-sign.json"),
        description="The private key with which the web process signs the notes that it seals.",
    )
    max_body_bytes: Count = Field(default=262_144, description="A longer request body is refused with 413.")
    max_depth: Count = Field(default=32, description="JSON nested deeper than this is refused with 422.")
    long_poll_seconds: Seconds = Field(
        default=30.0,
        description="The longest that `wait` may hold open a request for the inbox or for events.",
    )
    rate_per_minute: Count = Field(
        default=60_000, description="Requests a minute that one credential may make before it is told 429."
    )
    bad_tokens_per_minute: Count = Field(
        default=60, description="Wrong credentials a minute from one address before it is told 429."
    )
    metrics_public: bool = Field(
        default=True,
        description="Whether `/metrics` answers without a credential. It holds no personal data.",
    )


class WorkerSettings(Settings):
    """What the pump, the workers and the scheduler know besides: the private keys, and their paces."""

    hub_private_key_file: Path = Field(
        default_factory=_key("hub-seal.private.json"),
        description="The hub's private sealing key, which opens messages in transit. For workers only.",
    )
    share_signing_key_file: Path = Field(
        default_factory=_key("share-sign.json"),
        description="The private key with which workers sign the shares that they seal.",
    )
    pseudonym_key_file: Path = Field(
        default_factory=_key("pseudonyms.json"),
        description="The key of the marks by which two messages are known to be about one child. For workers only.",
    )
    worker_processes: Count = Field(default=1, description="How many workers `checkback up` starts.")
    batch: Count = Field(
        default=50,
        description="Rows of the outbox that one job carries, at the most.",
    )
    sweep_seconds: Seconds = Field(
        default=5.0, description="How often the pump looks at the outbox even when nobody wakes it."
    )
    lease_seconds: Seconds = Field(
        default=60.0, description="How long a worker may hold a row before another may take it over."
    )
    chase_seconds: Seconds = Field(
        default=30.0,
        description="How often the scheduler looks: at what has lapsed, at work that is stuck, at what closed agencies"
        " left open, and at messages to close or to destroy.",
    )
    webhook_timeout: Seconds = Field(
        default=10.0, description="Seconds that an agency's endpoint has to answer."
    )
    webhook_private_addresses: bool = Field(
        default=False,
        description="Whether webhooks may go to private addresses and over plain http. For tests only.",
    )
    mail_host: str | None = Field(
        default=None,
        description="The mail server for notices of what has lapsed. Without it, and without GOV.UK Notify, they stand"
        " in events and at /v1/owed only.",
    )
    mail_port: Annotated[int, Field(ge=1, le=65535)] = Field(default=587, description="Its port.")
    mail_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the way to it is encrypted; `none` for a server beside the hub."
    )
    mail_user: str | None = Field(default=None, description="Who signs in there; nobody, if it is not set.")
    mail_password: str | None = Field(default=None, description="The password for that.", repr=False)
    mail_from: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] = Field(
        default="checkback@hub.example", description="From whom notices come."
    )
    notify_api_key: str | None = Field(
        default=None,
        description="A key of GOV.UK Notify: with it, notices go that way, and not by the mail server.",
        repr=False,
    )
    notify_template: str = Field(
        default="", description="The id of its e-mail template, which takes ((subject)) and ((text))."
    )
    notify_url: str = Field(
        default="https://api.notifications.service.gov.uk", description="Where GOV.UK Notify answers."
    )
    shred_after_days: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="Days from the close of a message to the destruction of the hub's own copy.",
    )
