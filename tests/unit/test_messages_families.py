"""What must be true of a household, an involvement and a supervision: every fault at once, in plain words."""

import pytest

from protocols.messages import Involvement, Supervision, read
from tests.examples import GONE, NOW, example, spoilt
from tests.unit.test_messages_rules import RAW, WHY, faults, says

HOUSEHOLD = example("household-two-fathers")
HELP = example("involvement-early-help")
TELLS = example("supervision-does-not-engage")
ASKS = example("supervision-household-enquiry")


@pytest.mark.parametrize("raw", [HOUSEHOLD, HELP, TELLS, ASKS, example("involvement-substance-misuse")])
def test_the_examples_are_taken(raw: RAW) -> None:
    assert faults(raw) == {}


# -- household ----------------------------------------------------------------------------------------------


def test_a_household_says_of_which_day_it_is_true() -> None:
    assert set(faults(spoilt(HOUSEHOLD, as_of=GONE))) == {"as_of"}
    says(spoilt(HOUSEHOLD, as_of="2026-04-16"), "as_of", "must not lie in the future")
    early = faults(spoilt(HOUSEHOLD, as_of="2022-06-29"))
    assert set(early) == {"household.1.left_on", "household.2.since"}
    assert "later than as_of" in early["household.1.left_on"]


def test_a_household_without_a_father_or_partner_says_why() -> None:
    alone = spoilt(HOUSEHOLD, household=HOUSEHOLD["household"][:1])
    says(alone, "household", "nothing of a father or partner")
    unknown = {"role": "father", "unknown_because": WHY, "lives_there": "not_known"}
    assert faults(spoilt(alone, household=[*HOUSEHOLD["household"][:1], unknown])) == {}


@pytest.mark.parametrize("place", [3, 11])
def test_somebody_is_tied_to_children_that_are_there(place: int) -> None:
    says(spoilt(HOUSEHOLD, household__1__of_children=[0, place]), "household.1.of_children", "counted from 0")


@pytest.mark.parametrize("place", [1, 5, 29])
def test_a_couple_is_two_people_of_the_household(place: int) -> None:
    says(spoilt(HOUSEHOLD, household__1__couple_with=place), "household.1.couple_with", "somebody else")


def test_a_couple_is_told_whole_and_as_one_story() -> None:
    says(spoilt(HOUSEHOLD, household__1__couple=GONE), "household.1.couple", "belongs to couple_with")
    says(spoilt(HOUSEHOLD, household__1__couple_with=GONE), "household.1.couple", "belongs to couple_with")
    both = spoilt(HOUSEHOLD, household__0__couple_with=2, household__0__couple="apart")
    raw = {
        **both,
        "household": [{**both["household"][0], "couple_with": 2, "couple": "apart"}, *both["household"][1:]],
    }
    assert set(faults(raw)) == {"household.0.couple", "household.2.couple"}
    says(spoilt(HOUSEHOLD, household__1__couple_with=4), "household.1.couple_with", "no half of a couple")


@pytest.mark.parametrize("ended", ["left_on", "died_on"])
def test_whoever_left_or_died_does_not_live_there(ended: str) -> None:
    gone = spoilt(HOUSEHOLD, household__2={**HOUSEHOLD["household"][2], ended: "2026-03-01"})
    says(gone, "household.2.lives_there", f"contradicts {ended}")
    before = {**HOUSEHOLD["household"][2], "lives_there": "no", ended: "2025-02-01"}
    says(spoilt(HOUSEHOLD, household__2=before), f"household.2.{ended}", "earlier than since")


# -- involvement --------------------------------------------------------------------------------------------


def test_an_involvement_is_with_one_person_who_is_there() -> None:
    says(spoilt(HELP, involvement__0__child=2), "involvement.0.child", "one of the children")
    says(spoilt(HELP, involvement__1__member=2), "involvement.1.member", "one of the household")
    both = {**HELP["involvement"][0], "member": 0}
    says(spoilt(HELP, involvement__0=both), "involvement.0.child", "one of the two")
    says(spoilt(HELP, involvement__0__child=GONE), "involvement.0.child", "one of the two")


def test_an_involvement_has_a_beginning_and_perhaps_an_end() -> None:
    assert set(faults(spoilt(HELP, involvement__0__since=GONE))) == {"involvement.0.since"}
    says(spoilt(HELP, involvement__2__until="2026-03-08"), "involvement.2.until", "earlier than since")


def test_nothing_is_said_twice() -> None:
    twice = spoilt(HELP, involvement=[*HELP["involvement"], HELP["involvement"][0]])
    says(twice, "involvement.3", "said twice")
    again = spoilt(HELP, work=[*HELP["work"], HELP["work"][0]])
    says(again, "work.3.of", "told of already")
    says(spoilt(HELP, work__0__of=3), "work.0.of", "one of the involvements")


def test_an_involvement_needs_no_household_and_no_word_of_what_is_known() -> None:
    bare = spoilt(HELP, involvement=HELP["involvement"][:1], household=[], work=[])
    message = read(bare, now=NOW)
    assert isinstance(message, Involvement)
    assert (message.household, message.work) == ((), ())


# -- supervision --------------------------------------------------------------------------------------------


def test_who_tells_names_the_child_and_who_asks_need_not() -> None:
    told = faults(spoilt(TELLS, children=[], services=GONE))
    assert set(told) == {"children", "services"}
    assert '"asks"' in told["children"]
    says(spoilt(TELLS, asked_because=None) | {"asked_because": WHY}, "asked_because", "household enquiry")
    says(spoilt(ASKS, asked_because=GONE), "asked_because", "why it is asked now")
    message = read(ASKS, now=NOW)
    assert isinstance(message, Supervision)
    assert message.asks
    assert message.children == ()


def test_the_supervised_adult_has_a_name_and_stands_in_the_household() -> None:
    says(spoilt(ASKS, supervised=2), "supervised", "one of the household")
    says(spoilt(ASKS, supervised=1), "household.1.name", "nobody can answer")


def test_what_was_missed_is_said() -> None:
    for how in ("no", "partly"):
        raw = spoilt(TELLS, supervision={**TELLS["supervision"], "engages": how})
        assert faults(raw) == {}
        says(spoilt(raw, supervision__missed=GONE), "supervision.missed", "what was missed")


def test_a_supervisor_signs_it_off_or_it_is_said_why_not() -> None:
    for name in ("by", "job", "on"):
        says(spoilt(TELLS, **{f"signed_off__{name}": GONE}), "signed_off.by", "who signed it off")
    why = "The senior is on leave and her deputy is in court until five."
    says(
        spoilt(TELLS, signed_off={**TELLS["signed_off"], "not_signed_off_because": why}),
        "signed_off.not_signed_off_because",
        "leave it out",
    )
    assert faults(spoilt(TELLS, signed_off={"not_signed_off_because": why})) == {}


def test_nobody_of_an_enquiry_stands_twice() -> None:
    same = [{**one, "nhs_number": "9990000352"} for one in ASKS["household"]]
    says(spoilt(ASKS, household=same), "household.1.nhs_number", "stands twice")


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (HELP, "work__0__does"),
        (TELLS, "supervision__risk"),
        (ASKS, "asked_because"),
        (HOUSEHOLD, "household__0__note"),
    ],
)
def test_a_restricted_address_is_not_repeated(raw: RAW, path: str) -> None:
    hidden = spoilt(
        raw,
        address={
            "lines": ["27 Raglan Road"],
            "postcode": "B66 3PX",
            "restricted": True,
            "restricted_because": "Her brother must not learn where they are.",
        },
    )
    assert faults(hidden) == {}
    says(spoilt(hidden, **{path: "They are at b663px."}), path.replace("__", "."), "restricted address")
