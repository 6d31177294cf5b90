"""Scenes of who holds a child: a family that moves again, one that nobody can trace, and what cannot be placed."""

from collections.abc import Callable, Mapping
from uuid import UUID, uuid5

from agencies import wire
from agencies.callers import Caller
from hub import answer
from hub.answer import Desk
from tests.crash.acts import SENDER, SPACE, check_back, do_all
from tests.crash.faults import Plan
from tests.crash.scene import Args, Scene, family, nobody
from tests.examples import GONE, example, spoilt
from tests.workers.town import HUB, PERSON, RECORDS, Town, due
from workers import jobs
from workers.place import keep_placed

UNTRACED = "handover-moved-and-nobody-knows-where"
REGISTRATION, PRACTICE = "registration-sandwell", "sandwell-gp-1"
MASH, OFFICE, ELSEWHERE = "sandwell-mash", "sandwell-partnership", "camden-0-19"
LEAD = wire.Person(name="Test Practitioner", role="Safeguarding lead")
CAMDEN = {
    "address": {"unknown_because": "They moved on before anybody saw them.", "restricted": False},
    "move__to_area": "E09000007",
    "move__to_postcode": GONE,
}


def _holders(town: Town, message: UUID) -> set[str]:
    """Who holds the children of it, now."""
    sql = (
        "SELECT holder FROM holding JOIN person ON person.root = holding.person_id"
        " JOIN appearance ON appearance.person_id = person.id"
        " WHERE appearance.message_id = :m AND part = 'children' AND until IS NULL"
    )
    return {row.holder for row in town.rows(sql, m=message)}


# -- moved again --------------------------------------------------------------------------------------------


def _moved_again(town: Town, many: int) -> list[Args]:
    """The handover that goes after them is accepted, and in the hands of a worker who routes it."""
    families = [family() for _ in range(many)]
    first = town.send_all([town.incoming(message=one) for one in families])
    town.drain()
    onward = [
        spoilt(one, **CAMDEN, move__moved_again={"follows": str(earlier)})
        for one, earlier in zip(families, first, strict=True)
    ]
    later = town.send_all([town.incoming(message=one) for one in onward])
    rows = {row.message_id: row for row in due(town.line(batch=many), "route")}
    return [
        {"earlier": str(one), "message": str(other), "pairs": [[rows[other].id, rows[other].attempts]]}
        for one, other in zip(first, later, strict=True)
    ]


def _route(town: Town, plan: Plan, args: Args) -> None:
    jobs.serve(town.line())
    with plan.while_armed():
        jobs.work("route", args["pairs"])


def _followed(town: Town, args: Args) -> None:
    earlier, later = UUID(args["earlier"]), UUID(args["message"])
    assert town.events(earlier).count("message.moved_again") == 1
    owed = town.rows("SELECT met_how FROM owed WHERE message_id = :m AND what = 'acceptance'", m=earlier)
    assert [row.met_how for row in owed] == ["void"]
    [row] = town.rows("SELECT * FROM handover WHERE message_id = :m", m=later)
    assert (row.follows, row.giver, row.ended_at) == (earlier, SENDER, None)
    assert town.states(later)[ELSEWHERE] == "sent"
    assert _holders(town, later) == {SENDER}
    assert town.rows("SELECT 1 FROM unplaced WHERE :m IN (message_id, other_message_id)", m=later) == []


# -- nobody knows where -------------------------------------------------------------------------------------


def _gone(town: Town, many: int) -> list[Args]:
    messages = town.send_all([town.incoming(message=family(UNTRACED)) for _ in range(many)])
    town.drain()
    shares = [town.shares(one)[MASH].id for one in messages]
    town.receive(MASH, *shares)
    do_all(town, (check_back(MASH),), shares)
    owed = "SELECT id FROM owed WHERE share_id = :s AND what = 'enquiry'"
    return [
        {"message": str(one), "share": str(share), "owed": str(town.rows(owed, s=share)[0].id)}
        for one, share in zip(messages, shares, strict=True)
    ]


def _say(event: str) -> Callable[[Town, Args], answer.Answer]:
    def say(town: Town, args: Args) -> answer.Answer:
        bodies = {
            "meet": wire.Meet(by=PERSON, owed=UUID(args["owed"]), done="the school of her cousins rang"),
            "stand_down": wire.StandDown(by=LEAD, owed=UUID(args["owed"]), reason="they live abroad"),
        }
        key = str(uuid5(SPACE, f"{event} {args['owed']}"))
        act = answer.Act(UUID(args["share"]), event, bodies[event], Caller(MASH, "c"), key)
        desk = Desk(HUB, town.signer, RECORDS)
        return answer.act_many(town.engine, [act], known=town.known(), desk=desk, at=town.now)[0]

    return say


def _said_once(event: str, after: Callable[[Town, Args], None]) -> Scene:
    say = _say(event)

    def step(town: Town, plan: Plan, args: Args) -> None:
        town.known()
        with plan.while_armed():
            say(town, args)

    def again(town: Town, args: Args) -> None:
        first, second = (say(town, args) for _ in range(2))
        assert isinstance(first, wire.Moved)
        assert first == second

    return Scene(_gone, step, after, again=again)


def _found(town: Town, args: Args) -> None:
    """Nobody enquires any more, each of the others heard so once, and the sender owes that they are handed on."""
    message = UUID(args["message"])
    rows = town.rows(
        "SELECT what, met_how FROM owed WHERE message_id = :m AND what IN ('enquiry', 'hand_on')", m=message
    )
    enquiries = [row.met_how for row in rows if row.what == "enquiry"]
    assert set(enquiries) == {"done"}
    assert [row.met_how for row in rows if row.what == "hand_on"] == [None]
    assert town.events(message).count("owed.found") == len(enquiries) - 1
    assert _holders(town, message) == {SENDER}


def _stood_down(town: Town, args: Args) -> None:
    """The one that the lead spoke of, and no other."""
    message, share = UUID(args["message"]), UUID(args["share"])
    rows = town.rows(
        "SELECT share_id, met_how FROM owed WHERE message_id = :m AND what = 'enquiry'", m=message
    )
    assert {row.met_how for row in rows if row.share_id == share} == {"void"}
    assert {row.met_how for row in rows if row.share_id != share} == {None}
    assert town.events(message).count("share.stand_down") == 1
    notes = town.rows("SELECT kind FROM note WHERE share_id = :s", s=share)
    assert [row.kind for row in notes].count("stand_down") == 1


def _found_and_taken_back(town: Town, many: int) -> list[Args]:
    """A practice has registered the child; it is about to take that back."""
    families = [family(UNTRACED) for _ in range(many)]
    messages = town.send_all([town.incoming(message=one) for one in families])
    town.drain()
    town.later(hours=1)
    registered = [spoilt(example(REGISTRATION), children=one["children"]) for one in families]
    words = town.send_all([town.incoming(message=one, sender=PRACTICE) for one in registered])
    town.drain()
    return [{"message": str(one), "word": str(word)} for one, word in zip(messages, words, strict=True)]


def _take_back(town: Town, args: Args) -> wire.Withdrawn:
    body, desk = wire.Withdraw(by=PERSON, reason="another child"), Desk(HUB, town.signer, RECORDS)
    word, caller = UUID(args["word"]), Caller(PRACTICE, "c")
    return answer.withdraw(town.engine, word, body, caller, known=town.known(), desk=desk, at=town.now)


def _take_back_once(town: Town, plan: Plan, args: Args) -> None:
    town.known()
    with plan.while_armed():
        _take_back(town, args)


def _take_back_again(town: Town, args: Args) -> None:
    first, second = (_take_back(town, args) for _ in range(2))
    assert first == second


def _enquired_again(town: Town, args: Args) -> None:
    """By each who did, once more; and the sender is to hand on nobody."""
    message = UUID(args["message"])
    rows = town.rows(
        "SELECT what, share_id, met_how FROM owed WHERE message_id = :m AND what IN ('enquiry', 'hand_on')",
        m=message,
    )
    ended = [row.share_id for row in rows if row.what == "enquiry" and row.met_how == "done"]
    again = [row.share_id for row in rows if row.what == "enquiry" and row.met_how is None]
    assert sorted(ended) == sorted(again)
    assert len(again) == len(set(again)) > 1
    assert [row.met_how for row in rows if row.what == "hand_on"] == ["void"]
    assert town.events(message).count("owed.not_found") == len(again)


# -- what cannot be placed ----------------------------------------------------------------------------------


def _claimed(town: Town, many: int) -> list[Args]:
    """Two agencies say that they hold the same children."""
    families = [family() for _ in range(many)]
    town.send_all([town.incoming(message=one) for one in families])
    town.drain()
    claims = [spoilt(one, move__from_area="E09000007", move__from_postcode=GONE) for one in families]
    messages = town.send_all([town.incoming(message=one, sender=ELSEWHERE) for one in claims])
    town.drain()
    alarm = "SELECT id FROM unplaced WHERE message_id = :m AND why = 'two_holders' ORDER BY id LIMIT 1"
    return [{"message": str(one), "alarm": str(town.rows(alarm, m=one)[0].id)} for one in messages]


def _keep(town: Town, plan: Plan, _: Args) -> None:
    line, known = town.line(), town.known()
    with plan.while_armed():
        keep_placed(line, known)


def _keep_again(town: Town, _: Args) -> None:
    for _scheduler in range(2):
        keep_placed(town.line(), town.known())


def _asked_once(town: Town, args: Args) -> None:
    sql = "SELECT owed_by, about FROM owed WHERE message_id = :m AND what = 'place_responsibility'"
    rows = town.rows(sql, m=UUID(args["message"]))
    alarms = town.rows("SELECT id FROM unplaced WHERE message_id = :m", m=UUID(args["message"]))
    assert sorted(row.about for row in rows) == sorted(f"responsibility.{alarm.id}" for alarm in alarms)
    assert {row.owed_by for row in rows} == {OFFICE}
    assert _holders(town, UUID(args["message"])) == {SENDER}


def _to_be_placed(town: Town, many: int) -> list[Args]:
    claimed = _claimed(town, many)
    keep_placed(town.line(), town.known())
    return claimed


def _place(town: Town, args: Args) -> wire.Placed:
    body = wire.PlaceChild(by=PERSON, holder=ELSEWHERE, accepted_by=PERSON, because="both were rung")
    caller, directory = Caller(OFFICE, "c"), town.known().directory
    with town.engine.begin() as conn:
        return answer.place_child(
            conn, UUID(args["alarm"]), body, caller, directory=directory, records=RECORDS, at=town.now
        )


def _place_once(town: Town, plan: Plan, args: Args) -> None:
    town.known()
    with plan.while_armed():
        _place(town, args)


def _place_again(town: Town, args: Args) -> None:
    first, second = (_place(town, args) for _ in range(2))
    assert first == second


def _placed(town: Town, args: Args) -> None:
    [alarm] = town.rows("SELECT * FROM unplaced WHERE id = :id", id=UUID(args["alarm"]))
    assert (alarm.ended_how, alarm.placed_with) == ("placed", ELSEWHERE)
    rows = town.rows(
        "SELECT holder, why, since, until FROM holding WHERE person_id = :p ORDER BY since", p=alarm.person_id
    )
    assert [(row.holder, row.why) for row in rows] == [(SENDER, "handed_over"), (ELSEWHERE, "placed")]
    assert [rows[0].until, rows[1].until] == [rows[1].since, None]
    told = "SELECT recipient FROM audit WHERE event = 'responsibility.placed' AND detail ->> 'alarm' = :a ORDER BY id"
    assert [row.recipient for row in town.rows(told, a=args["alarm"])] == [OFFICE, SENDER, ELSEWHERE]
    task = "SELECT met_how, met_by FROM owed WHERE about = :a"
    [met] = town.rows(task, a=f"responsibility.{args['alarm']}")
    assert (met.met_how, met.met_by) == ("done", OFFICE)


SCENES: Mapping[str, Scene] = {
    "moved_again": Scene(_moved_again, _route, _followed, again=nobody),
    "found": _said_once("meet", _found),
    "not_found": Scene(_found_and_taken_back, _take_back_once, _enquired_again, again=_take_back_again),
    "stand_down": _said_once("stand_down", _stood_down),
    "keep_placed": Scene(_claimed, _keep, _asked_once, again=_keep_again, alone=True),
    "place_child": Scene(_to_be_placed, _place_once, _placed, again=_place_again),
}
