"""Scenes of what is owed: chased up its ladder, and told to those who stand on it."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from agencies.reach.notice import Notice
from agencies.reach.port import Delivered, Outcome
from tests.crash.faults import Plan
from tests.crash.scene import Args, Scene
from tests.crash.scenes_acts import sent
from tests.workers.town import Town
from workers.chase import chase
from workers.tell import tell

LONG_AGO = timedelta(days=3)


class Letterbox:
    """Takes every notice."""

    name = "email"

    def tell(self, notice: Notice) -> Outcome:
        del notice
        return Delivered()


def _lapsed(town: Town, many: int) -> list[Args]:
    """What they owe should have been done days ago."""
    found = sent(town, many)
    messages = [message for message, _ in found]
    with town.engine.begin() as conn:
        conn.execute(
            text(
                "UPDATE owed SET due_at = :then, next_at = :then WHERE message_id = ANY(:m) AND met_at IS NULL"
            ),
            {"then": town.now - LONG_AGO, "m": messages},
        )
    return [{"message": str(message)} for message in messages]


def _chase(town: Town, plan: Plan, _: Args) -> None:
    line = town.line()
    with plan.while_armed():
        chase(line)


def _chase_again(town: Town, _: Args) -> None:
    for _chaser in range(2):
        chase(town.line())


def _chased(town: Town, args: Args) -> None:
    """Each step once: in the row, in the audit, and in the notices of those whom it names."""
    message = UUID(args["message"])
    rows = town.rows("SELECT id, step FROM owed WHERE message_id = :m AND met_at IS NULL", m=message)
    assert rows
    for row in rows:
        steps = town.rows(
            "SELECT (detail ->> 'step')::int AS step, detail -> 'told' AS told FROM audit"
            " WHERE event = 'owed.lapse' AND sender <> 'hub' AND detail ->> 'owed' = :id ORDER BY id",
            id=str(row.id),
        )
        assert [one.step for one in steps] == list(range(1, row.step + 1))
        assert row.step >= 2
        noticed = town.rows(
            "SELECT step, agency || '.' || contact AS told FROM notice WHERE owed_id = :id", id=row.id
        )
        assert sorted((one.step, one.told) for one in noticed) == sorted(
            (one.step, told) for one in steps for told in one.told
        )


def _to_tell(town: Town, many: int) -> list[Args]:
    found = _lapsed(town, many)
    chase(town.line())
    return found


def _tell(town: Town, plan: Plan, _: Args) -> None:
    line = town.line(carrier=Letterbox())
    with plan.while_armed():
        tell(line)


def _tell_again(town: Town, _: Args) -> None:
    """Once the lease of whoever was killed has lapsed."""
    town.later(minutes=2)
    for _teller in range(2):
        tell(town.line(carrier=Letterbox()))


def _told(town: Town, args: Args) -> None:
    rows = town.rows(
        "SELECT how, sent_at FROM notice JOIN owed ON owed.id = owed_id WHERE message_id = :m",
        m=UUID(args["message"]),
    )
    assert rows
    assert all(row.sent_at is not None and row.how in ("email", "feed") for row in rows)


SCENES: Mapping[str, Scene] = {
    "chase": Scene(_lapsed, _chase, _chased, again=_chase_again, alone=True),
    "tell": Scene(_to_tell, _tell, _told, again=_tell_again, alone=True),
}
