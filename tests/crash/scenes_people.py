"""Scenes of one child in many messages: told apart when a message is routed, merged and parted by a person's answer."""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from hub import children
from hub.children import Said
from tests.crash.acts import TO
from tests.crash.faults import Plan
from tests.crash.invariants import check_sent
from tests.crash.scene import Args, Scene
from tests.examples import GONE, example, spoilt
from tests.workers.town import HANDOVER, PERSON, RECORDS, Town, due
from workers import jobs

OFFICE = "birmingham-partnership"  # of where the family lives now
NUMBERLESS = {
    "children__0__nhs_number": GONE,
    "children__0__nhs_number_unknown_because": "Not on our system.",
}
_numbers = count(999_500_000)


def numbers() -> Iterator[str]:
    """NHS numbers that nobody has."""
    for first in _numbers:
        digits = f"{first:09d}"
        total = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), digits, strict=True))
        check = (11 - total % 11) % 11
        if check != 10:
            yield f"{digits}{check}"


_new = numbers()


def _messages() -> tuple[dict[str, Any], dict[str, Any]]:
    """A child of its own with its number; and again, as somebody who has not found the number."""
    number = next(_new)
    name = "Child " + "".join(chr(97 + int(digit)) for digit in number)
    known = spoilt(example(HANDOVER), children__0__nhs_number=number, children__0__name=name)
    return known, spoilt(known, **NUMBERLESS)


def _to_be_routed(town: Town, many: int) -> list[Args]:
    pairs = [_messages() for _ in range(many)]
    firsts = town.send_all([town.incoming(message=one) for one, _ in pairs])
    town.drain()
    seconds = town.send_all([town.incoming(message=other) for _, other in pairs])
    rows = due(town.line(batch=many), "route")
    return [
        {
            "first": str(first),
            "message": str(second),
            "pairs": [[row.id, row.attempts] for row in rows if row.message_id == second],
        }
        for first, second in zip(firsts, seconds, strict=True)
    ]


def _route(town: Town, plan: Plan, args: Args) -> None:
    jobs.serve(town.line())
    with plan.while_armed():
        jobs.work("route", args["pairs"])


def _person(town: Town, message: UUID) -> UUID:
    rows = town.rows(
        "SELECT person_id FROM appearance WHERE message_id = :m AND part = 'children' AND place = 0",
        m=message,
    )
    [person] = [row.person_id for row in rows]
    return UUID(str(person))


def _told_apart(town: Town, args: Args) -> None:
    first, message = UUID(args["first"]), UUID(args["message"])
    check_sent(town, message, to=TO)
    [match] = town.rows("SELECT * FROM likeness WHERE message_id = :m", m=message)
    assert {match.one, match.other} == {_person(town, first), _person(town, message)}
    assert town.tasks(message) == [("same_child", OFFICE)]
    assert town.rows("SELECT 1 FROM person WHERE message_id = :m", m=message) == [(1,)]


# -- an answer, and what is taken back --------------------------------------------------------------------------


def _asked(town: Town, many: int) -> list[Args]:
    found = _to_be_routed(town, many)
    jobs.serve(town.line())
    jobs.work("route", [pair for args in found for pair in args["pairs"]])
    town.drain()
    return [{**args, "match": str(_match(town, UUID(args["message"])).id)} for args in found]


def _match(town: Town, message: UUID) -> Any:  # noqa: ANN401 - a row
    [row] = town.rows("SELECT * FROM likeness WHERE message_id = :m", m=message)
    return row


def _merged(town: Town, many: int) -> list[Args]:
    found = _asked(town, many)
    for args in found:
        _merge_again(town, args)
    return found


def _said() -> Said:
    return Said(PERSON, "both were asked", OFFICE, RECORDS, "c")


def _merge(town: Town, conn: Connection, args: Args) -> None:
    children.answer(conn, UUID(args["match"]), _said(), "same", known=town.known(), at=town.now)


def _unmerge(town: Town, conn: Connection, args: Args) -> None:
    children.unmerge(conn, _person(town, UUID(args["message"])), _said(), known=town.known(), at=town.now)


Act = Callable[[Town, Connection, Args], None]


def _step(act: Act) -> Callable[[Town, Plan, Args], None]:
    def step(town: Town, plan: Plan, args: Args) -> None:
        with plan.while_armed(), town.engine.begin() as conn:
            act(town, conn, args)

    return step


def _again(act: Act) -> Callable[[Town, Args], None]:
    def again(town: Town, args: Args) -> None:
        for _ in range(2):
            with town.engine.begin() as conn:
                act(town, conn, args)

    return again


_merge_again = _again(_merge)


def _are(events: list[str], *, one: bool) -> Callable[[Town, Args], None]:
    """Each answer is in the record once, with the task that it settled."""

    def after(town: Town, args: Args) -> None:
        first, second = (_person(town, UUID(args[name])) for name in ("first", "message"))
        roots = {row.id: row.root for row in town.rows("SELECT id, root FROM person")}
        assert (roots[first] == roots[second]) == one
        assert town.tasks(UUID(args["message"])) == []
        assert [name for name in town.events(UUID(args["message"])) if name.startswith("child.")] == events
        given = town.rows(
            "SELECT answer FROM likeness_answer WHERE likeness_id = :l ORDER BY id", l=args["match"]
        )
        assert [row.answer for row in given] == ["same", "different"][: len(events)]

    return after


SCENES: Mapping[str, Scene] = {
    "route_likely": Scene(_to_be_routed, _route, _told_apart),
    "merge": Scene(_asked, _step(_merge), _are(["child.merge"], one=True), again=_merge_again),
    "unmerge": Scene(
        _merged, _step(_unmerge), _are(["child.merge", "child.unmerge"], one=False), again=_again(_unmerge)
    ),
}
