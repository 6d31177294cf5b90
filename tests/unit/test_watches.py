"""A watch of a protocol: read with all of its faults, told in English, counted by days and never by a score."""

from datetime import date, timedelta
from itertools import permutations

import pytest

from protocols.conditions import Age, Plan
from protocols.deadlines import Limit
from protocols.explain import explain
from protocols.parse import ProtocolFaults, parse, print_
from protocols.shipped import shipped
from protocols.vocabulary import Kind, Role
from protocols.watches import Across, Counting, Waiting
from protocols.watching import Seen, after, before, last_day, met
from tests.signed import clause, signed, text

TOLD = clause(
    "not-brought",
    'kind = "was_not_brought"',
    'with = "health_visiting", area = "home", view = "full"',
    'with = "gp_practice", area = "registered", view = "brief"',
)
BORN = clause("birth", 'kind = "birth"', 'with = "health_visiting", area = "home", view = "full"',
              'with = "gp_practice", area = "registered", view = "brief"')  # fmt: skip
COUNTS = """
[[watch]]
id = "again"
says = "Three are looked at together."
counts = "was_not_brought"
within = "6 months"
across = "siblings"
threshold = 3
weights = { child_in_need = 2, child_protection = 3 }
owes = { look_together = "2 working days" }
by = ["health_visiting", "gp_practice"]
ladder = "urgent"
"""
WAITS = """
[[watch]]
id = "no-doctor"
says = "Twelve weeks are long enough."
waits_for = "registration"
from = ["birth"]
until = "12 weeks"
owes = { check_registration = "5 working days" }
by = ["gp_practice", "health_visiting"]
"""
AGAIN = Counting(
    id="again", says="Three.", kind=Kind.WAS_NOT_BROUGHT, what="look_together", limit=Limit.parse("2 days"),
    by=(Role.HEALTH_VISITING,), within=Age.parse("6 months"), across=Across.SIBLINGS, threshold=3,
    weights={Plan.CHILD_PROTECTION: 3, Plan.CHILD_IN_NEED: 2},
)  # fmt: skip
DAY = date(2026, 4, 15)
NOT_A_NAME = (
    'cannot be the name of what is owed: small letters, digits and "_",'
    " and no name that every share owes already"
)


def faults(*parts: str, **include: str) -> list[str]:
    with pytest.raises(ProtocolFaults) as caught:
        parse(text(*parts), file="p.toml", include=include)
    above = text(*parts[:-1]).count("\n") + 1
    return [f"{fault.line - above}: {fault.says}" for fault in caught.value.faults]


# -- read -----------------------------------------------------------------------------------------------------


def test_both_forms_are_read_and_written() -> None:
    protocol = signed(TOLD, BORN, COUNTS, WAITS)
    counts, waits = protocol.watches
    assert isinstance(counts, Counting)
    assert (counts.kind, counts.threshold, counts.across) == (Kind.WAS_NOT_BROUGHT, 3, Across.SIBLINGS)
    assert counts.weights == {Plan.CHILD_PROTECTION: 3, Plan.CHILD_IN_NEED: 2}
    assert (counts.what, str(counts.limit), counts.ladder) == ("look_together", "2 working days", "urgent")
    assert isinstance(waits, Waiting)
    assert (waits.kind, waits.begins, str(waits.until)) == (Kind.REGISTRATION, (Kind.BIRTH,), "12 weeks")
    assert waits.by == (Role.GP_PRACTICE, Role.HEALTH_VISITING)
    assert waits.kinds == {Kind.REGISTRATION, Kind.BIRTH}
    assert parse(print_(protocol), file="again.toml") == protocol


def test_a_protocol_without_one_says_nothing_of_it_and_keeps_its_digest() -> None:
    plain = signed(TOLD)
    assert "watch" not in print_(plain)
    assert "watched" not in explain(plain)
    assert plain.digest == "87d245f758483b0df72def449e382da5cbb40846218767ace0c1fce0b96b6a01"
    assert signed(TOLD, COUNTS).digest != plain.digest
    assert (
        signed(TOLD, COUNTS).digest != signed(TOLD, COUNTS.replace("threshold = 3", "threshold = 2")).digest
    )


def test_all_faults_of_a_watch_are_told_at_once_each_with_its_line() -> None:
    wrong = """
[[watch]]
id = "Again"
says = "Three of them"
counts = "was_not_brought"
within = "half a year"
across = "family"
threshold = 0
weights = { child_protection = "3", cousins = 2 }
owes = { review = "2 working days" }
by = ["health_visitor"]
ladder = "none"
acros = "child"
"""
    assert faults(TOLD, wrong) == [
        '3: "id" cannot be "Again": write small letters and digits with hyphens between, as "bruise-non-mobile"',
        '4: "says" must be a whole sentence that can be read aloud, with its full stop',
        '6: "within" is "half a year": write an age as "26 weeks": a figure, then days, weeks, months or years',
        '7: "across" cannot be "family": write one of child, siblings',
        '8: "threshold" must be a whole number from 1 to 99, without quotes',
        '9: "child_protection" must be a whole number from 1 to 99, without quotes',
        '9: there is no plan "cousins": write one of child_protection, child_in_need, looked_after, early_help',
        f'10: "review" {NOT_A_NAME}',
        f'11: "by" cannot hold "health_visitor" (did you mean "health_visiting"?): write one of {", ".join(Role)}',
        '12: watch "Again": there is no [ladders.none]; there is standard, urgent',
        '13: "acros" means nothing here; did you mean "across"?',
    ]
    kind = faults(TOLD, COUNTS.replace('"was_not_brought"', '"was_not_broght"'))
    assert [one[:59] for one in kind] == ['5: "counts" cannot be "was_not_broght" (did you mean "was_n']


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('counts = "was_not_brought"', ""), 'either "counts" messages of a kind or "waits_for" one'),
        (('within = "6 months"', 'within = "6 months"\nwaits_for = "birth"'), 'either "counts" messages of a kind'),
        (('counts = "was_not_brought"', 'counts = "learning"'), "a learning is about no child"),
        (('within = "6 months"', 'within = "0 days"'), '"within" must be a day or longer'),
        (("threshold = 3", "threshold = true"), '"threshold" must be a whole number'),
        (("threshold = 3", ""), '"threshold" is missing'),
        (("across", "# across"), '"across" is missing'),
        (('{ look_together = "2 working days" }', "{}"), "a watch opens one duty"),
        (('{ look_together = "2 working days" }', '{ one = "1 day", two = "2 days" }'), "a watch opens one duty"),
        (('owes = { look_together = "2 working days" }', ""), '"owes" is missing'),
        (("look_together", "enquiry"), f'"enquiry" {NOT_A_NAME}'),
        (('"2 working days"', '"the day it names"'), "write a limit"),
        (('id = "again"', 'id = "not-brought"'), 'watch "not-brought": a clause has this id'),
        (('ladder = "urgent"', 'ladder = "long"'), 'watch "again": there is no [ladders.long]'),
        (('"gp_practice"]', '"police"]'), "no clause tells the police of a was_not_brought"),
        (('"gp_practice"]', '"health_visiting"]'), '"by" says "health_visiting" twice'),
    ],
)  # fmt: skip
def test_a_watch_that_cannot_be_meant_so(change: tuple[str, str], says: str) -> None:
    assert any(says in one for one in faults(TOLD, COUNTS.replace(*change))), faults(
        TOLD, COUNTS.replace(*change)
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('["birth"]', '["birth", "registration"]'), "cannot wait for a registration from a registration"),
        (('from = ["birth"]', 'from = ["learning"]'), "a learning is about no child"),
        (('from = ["birth"]', ""), '"from" is missing'),
        (('until = "12 weeks"', 'until = "soon"'), "write an age as"),
        (('"gp_practice", ', '"midwifery", '), "no clause tells the midwifery of a birth"),
    ],
)  # fmt: skip
def test_a_wait_that_cannot_be_meant_so(change: tuple[str, str], says: str) -> None:
    assert any(says in one for one in faults(BORN, WAITS.replace(*change)))


def test_only_who_has_signed_may_owe() -> None:
    parties = '["health_visiting"]'
    with pytest.raises(ProtocolFaults) as caught:
        parse(text(TOLD, COUNTS, parties=parties), file="p.toml")
    assert (
        'watch "again": gp_practice is not among the "parties" of sandwell: only who has signed may owe'
        in {fault.says for fault in caught.value.faults}
    )


def test_two_of_one_name_are_a_fault_and_one_of_the_file_replaces_the_included() -> None:
    assert any('there is a watch "again" already' in one for one in faults(TOLD, COUNTS, COUNTS))
    source = 'include = ["part"]\n' + text(TOLD, COUNTS.replace("threshold = 3", "threshold = 5"))
    protocol = parse(source, file="p.toml", include={"part": BORN + COUNTS + WAITS})
    assert [(one.id, getattr(one, "threshold", None)) for one in protocol.watches] == [
        ("again", 5),
        ("no-doctor", None),
    ]


def test_it_is_read_out_as_it_is_meant() -> None:
    told = " ".join(explain(signed(TOLD, BORN, COUNTS, WAITS)).split())
    assert (
        "again Three are looked at together. - 3 times within 6 months an appointment that a child was not brought to,"
        " for the child, brothers and sisters together (one counts, on a child in need plan as 2, on a child protection"
        " plan as 3): the health visiting service owes the look together within 2 working days; if it was not told, or"
        " lets it lapse, the GP practice. The other end is whoever sent the last of these messages; where nobody named"
        ' here was told, the partnership office is asked; ladder "urgent".'
    ) in told
    assert (
        "- a registration with a GP practice has not come 12 weeks after the day that notice of a birth gives: the GP"
        " practice owes the check registration within 5 working days; if it was not told, or lets it lapse, the health"
        " visiting service."
    ) in told
    once = " ".join(
        explain(signed(TOLD, COUNTS.replace("= 3\n", "= 1\n").replace("siblings", "child"))).split()
    )
    assert (
        "once within 6 months an appointment that a child was not brought to, for the child (one counts"
        in once
    )


def test_the_shipped_protocols_differ_in_their_figures_and_read_aloud() -> None:
    figures = {}
    for protocol in shipped():
        for watch in protocol.watches:
            assert watch.says[0].isupper()
            assert 8 <= len(watch.says.split()) <= 45
        (again,) = (one for one in protocol.watches if one.id == "not-brought-again")
        assert isinstance(again, Counting)
        figures[protocol.id] = (again.threshold, str(again.within), str(again.limit))
    assert figures == {
        "sandwell": (3, "6 months", "2 working days"),
        "birmingham": (4, "1 year", "3 working days"),
        "camden": (2, "3 months", "5 working days"),
    }


# -- counted --------------------------------------------------------------------------------------------------


def seen(
    number: int, days_ago: int = 0, *, child: str = "a", of: str | None = "hospital", plan: str | None = None
) -> Seen:
    return Seen(number, child, DAY - timedelta(days=days_ago), of, plan)


def test_three_of_two_children_meet_it_and_two_do_not() -> None:
    three = [seen(1, 40), seen(2, 20), seen(3, 0, child="b")]
    for order in permutations(three):
        assert met(AGAIN, order) == tuple(three)
    assert met(AGAIN, three[:2]) == ()


def test_on_a_protection_plan_one_is_enough_and_in_need_two() -> None:
    assert met(AGAIN, [seen(1, plan="child_protection")])
    assert not met(AGAIN, [seen(1, plan="child_in_need")])
    assert met(AGAIN, [seen(1, plan="child_in_need"), seen(2, 9)])
    assert not met(AGAIN, [seen(1, plan="looked_after"), seen(2, 9)])


@pytest.mark.parametrize(("first", "counts"), [(date(2025, 10, 15), 3), (date(2025, 10, 14), 0)])
def test_the_edge_of_the_window_counts(first: date, counts: int) -> None:
    given = [Seen(1, "a", first, "hospital"), seen(2, 60), seen(3, 0)]
    assert len(met(AGAIN, given)) == counts


def test_told_by_two_it_is_one_and_who_knows_of_a_plan_makes_it_weigh() -> None:
    twice = [seen(1), seen(2), seen(3, 30)]
    assert met(AGAIN, twice) == ()
    assert len(met(AGAIN, [*twice, seen(4, 60)])) == 4, "all that told of it have been counted"
    assert met(AGAIN, [seen(1), seen(2, plan="child_protection")])
    unsaid = [seen(1, of=None), seen(2, of=None), seen(3, of=None)]
    assert met(AGAIN, unsaid), "of what is no appointment, each message is its own"
    assert not met(AGAIN, [seen(1), seen(2), seen(3, of="midwifery")]), (
        "two services on one day are two occasions"
    )


def test_of_several_spells_the_latest_is_meant() -> None:
    old = [seen(number, 900 + number) for number in range(3)]
    new = [seen(10 + number, number) for number in range(3)]
    assert {one.id for one in met(AGAIN, [*old, *new])} == {10, 11, 12}
    assert {one.id for one in met(AGAIN, [*old, *new[:2]])} == {0, 1, 2}


@pytest.mark.parametrize(
    ("day", "age", "later"),
    [
        (date(2026, 1, 31), "1 month", date(2026, 2, 28)),
        (date(2024, 2, 29), "1 year", date(2025, 2, 28)),
        (date(2026, 4, 15), "12 weeks", date(2026, 7, 8)),
        (date(2026, 12, 31), "6 months", date(2027, 6, 30)),
        (date(2026, 4, 15), "3 days", date(2026, 4, 18)),
        (date(9999, 1, 1), "1 year", date.max),
        (date(9999, 12, 1), "9 weeks", date.max),
    ],
)
def test_periods_go_by_the_calendar(day: date, age: str, later: date) -> None:
    assert after(day, Age.parse(age)) == later


def test_nothing_lies_before_the_calendar_begins() -> None:
    assert before(date(1, 1, 5), Age.parse("2 weeks")) == date.min
    assert before(date(1, 1, 5), Age.parse("1 month")) == date.min


def test_a_wait_ends_with_its_last_day() -> None:
    [waits] = (one for one in signed(BORN, WAITS).watches if isinstance(one, Waiting))
    assert last_day(waits, DAY) == date(2026, 7, 8)
