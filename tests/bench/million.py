"""A large database: what some years of a busy partnership would leave in it.

A few messages are walked to different ends by real calls. What they left in each table is then copied by SQL, many
times over, with ids and times of their own; so whatever a message leaves behind, the copies have as well, in its
own proportions: most are closed, some stand at every other state. Only the sealed bytes are cut short, as nobody
reads those of an old message, and a table's pages hold no more of them than a pointer.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import psycopg
from psycopg import sql

from agencies import wire
from agencies.client import Checkback
from tests.bench import database
from tests.bench.posts import ELSEWHERE, SHARES, Family, message_about
from tests.bench.stand import BenchError, Stand

YEARS = timedelta(days=730)  # over which the copies are spread
CLOSED = 0.9  # of all messages; the others stand equally at the other states
SEALED = 60  # bytes that are left of what is sealed
DISK, GIGABYTE = 25_000, 1_000_000_000  # bytes for each share, with its records and the log of writing them
AT_ONCE = 20_000  # messages in one statement
PERSON = wire.Person(name="Bench Practitioner", role="health visitor")
IDS = ("id", "message_id", "share_id", "note_id", "redirected_to", "person_id", "root")
OWN = ("idempotency_key", "request_key")  # unique with their agency
TABLES = (
    "message", "message_body", "share", "decision", "note", "owed", "responsibility", "audit",
    "mark", "person", "person_mark", "appearance", "kinship",
)  # fmt: skip


@dataclass(frozen=True)
class Model:
    """A message that is copied."""

    id: UUID
    part: float  # of all copies


# -- the models, by real calls ------------------------------------------------------------------------------


def models(stand: Stand, measured: Sequence[Family]) -> list[Model]:
    """One closed message of each measured family and of those elsewhere, and elsewhere one at every other state."""
    closing = [*measured, *ELSEWHERE]
    steps = ("", "receive", "receive check_back", "receive check_back challenge", "receive check_back agree",
             "receive decline", "receive decline release")  # fmt: skip
    closed = [
        _walk(stand, family, number, "receive check_back agree close")
        for number, family in enumerate(closing)
    ]
    others = [
        _walk(stand, ELSEWHERE[place % len(ELSEWHERE)], len(closing) + place, walk)
        for place, walk in enumerate(steps)
    ]
    return [
        *(Model(one, CLOSED / len(closed)) for one in closed),
        *(Model(one, (1 - CLOSED) / len(others)) for one in others),
    ]


def _walk(stand: Stand, family: Family, number: int, steps: str) -> UUID:
    """One message about a family of its own, brought so far by each of its recipients."""
    trials, today = stand.trials(), datetime.now(UTC).date()
    with trials[family.sender].client(stand.url) as sender:
        message = sender.send(message_about(family, number, today=today)).id
        database.wait_until_idle(stand)
        shares = {one.recipient: one.id for one in sender.message(message).shares}
        for agency, share in shares.items():
            with trials[agency].client(stand.url) as recipient:
                for step in steps.split():
                    _STEPS[step](sender, recipient, share, today)
    return message


def _check_back(_: Checkback, recipient: Checkback, share: UUID, today: date) -> object:
    body = wire.CheckBack(
        by=PERSON, case_reference="BENCH-1", understanding="as written", significance="as written",
        actions=(wire.Action(what="visit", who="Bench Practitioner", by_when=today + timedelta(days=2)),),
        review_on=today + timedelta(days=28),
    )  # fmt: skip
    return recipient.check_back(share, body)


_STEPS: dict[str, Callable[[Checkback, Checkback, UUID, date], object]] = {
    "receive": lambda _, recipient, share, __: recipient.receive(share),
    "check_back": _check_back,
    "challenge": lambda sender, _, share, __: sender.challenge(
        share, wire.Challenge(by=PERSON, reason="why?")
    ),
    "agree": lambda sender, _, share, __: sender.agree(share, wire.Agree(by=PERSON)),
    "close": lambda _, recipient, share, today: recipient.close(
        share, wire.Close(by=PERSON, outcome="done", review_held_on=today)
    ),
    "decline": lambda _, recipient, share, __: recipient.decline(
        share, wire.Decline(by=PERSON, reason="not_our_child", explanation="not known")
    ),
    "release": lambda sender, _, share, __: sender.release(
        share, wire.Release(by=PERSON, reason="as agreed")
    ),
}


# -- their copies, by SQL -----------------------------------------------------------------------------------


def fill(stand: Stand, families: Sequence[Family], *, shares: int) -> int:
    """Copies until there are so many shares; answers with how many there are."""
    free, needed = shutil.disk_usage(stand.home).free, shares * DISK
    if free < needed:
        raise BenchError(f"a database of {shares:,} shares needs {needed / GIGABYTE:.0f} GB free under ./var")
    made = models(stand, families)
    database.wait_until_idle(stand)
    messages, now = shares // SHARES, datetime.now(UTC)
    with psycopg.connect(stand.postgres.url("checkback"), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # the copies point where their models do
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET statement_timeout = 0")
        counts = [round(messages * model.part) for model in made]
        step = YEARS / (sum(counts) + 1)  # rounding may make more than `messages`, and none is of the future
        first = 0
        for model, count in zip(made, counts, strict=True):
            _copy(connection, model, first, count, step=step, now=now)
            first += count
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
        found = connection.execute("SELECT count(*) FROM share").fetchone()
    return int(found[0]) if found else 0


Connection = psycopg.Connection[tuple[object, ...]]


def _copy(
    connection: Connection, model: Model, first: int, count: int, *, step: timedelta, now: datetime
) -> None:
    for table in TABLES:
        insert = _insert(connection, table)
        for begin in range(first, first + count, AT_ONCE):
            end = min(begin + AT_ONCE, first + count) - 1
            connection.execute(
                insert,
                {"model": model.id, "begin": begin, "end": end, "step": step, "years": YEARS, "now": now},
            )


def _insert(connection: Connection, table: str) -> sql.Composed:
    """Copies of what a model has in this table, one set for each number from begin to end."""
    columns = {
        str(name): str(kind)
        for name, kind in connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = %s AND is_identity = 'NO'",
            (table,),
        ).fetchall()
    }
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    made = sql.SQL(", ").join(sql.SQL(_made(name, kind)) for name, kind in columns.items())
    return sql.SQL(
        "INSERT INTO {table} ({listed}) SELECT {made} FROM generate_series(%(begin)s::bigint, %(end)s) AS number,"
        " LATERAL (SELECT %(years)s - number * %(step)s AS ago) AS shifted, {table} AS one WHERE {mine}"
    ).format(table=sql.Identifier(table), listed=listed, made=made, mine=sql.SQL(_MINE.get(table, _USUAL)))


_USUAL = "message_id = %(model)s"
_MINE = {
    "message": "one.id = %(model)s",
    "note": "share_id IN (SELECT id FROM share WHERE message_id = %(model)s)",
    "person_mark": "person_id IN (SELECT id FROM person WHERE message_id = %(model)s)",
    "mark": (
        "mark IN (SELECT person_mark.mark FROM person_mark JOIN person ON person.id = person_id"
        " WHERE person.message_id = %(model)s)"
    ),
}


_SPECIAL = {
    # What is open is not due yet: nobody is chased while the figures are taken.
    "due_at": "one.due_at",
    "next_at": "one.next_at",
    "mark": "sha256(one.mark || int8send(number))",  # each copy is about a family of its own
}


def _made(name: str, kind: str) -> str:
    """How a copy's column comes from its model's: an id keeps what is random in it and gets a time of its own."""
    if name in IDS and kind == "uuid":
        milliseconds = "extract(epoch FROM %(now)s - ago) * 1000"
        return (
            f"(lpad(to_hex(({milliseconds})::bigint), 12, '0')"
            f" || substr(replace(one.{name}::text, '-', ''), 13))::uuid"
        )
    if name in OWN:
        return f"one.{name} || '-' || number"
    if name in _SPECIAL:
        return _SPECIAL[name]
    if kind == "timestamp with time zone":
        return f"one.{name} - ago"
    if kind == "bytea":
        return f"substring(one.{name} FOR {SEALED})"
    return f'one."{name}"'
