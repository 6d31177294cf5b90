"""What must be true of a message: unknown is an answer, silence is not, and no secret is told in passing."""

import pytest

from protocols.messages import Invalid, read
from tests.examples import GONE, NOW, example, spoilt

BRUISE = example("concern-bruise-non-mobile-baby")
ABUSE = example("concern-domestic-abuse")
PRE_BIRTH = example("concern-pre-birth")
NEIGHBOUR = example("concern-from-a-neighbour-who-wants-anonymity")
NO_GP = example("concern-not-registered-with-a-gp")
MOVE = example("handover-sandwell-to-birmingham")
WITHIN = example("handover-within-sandwell")
WHY = "Asked twice; the mother did not wish to say."

RAW = dict[str, object]


def faults(raw: RAW) -> dict[str, str]:
    try:
        read(raw, now=NOW)
    except Invalid as error:
        return {fault.path: fault.says for fault in error.faults}
    return {}


def says(raw: RAW, path: str, words: str) -> None:
    told = faults(raw)
    assert set(told) == {path}
    assert words in told[path]


# -- fathers, mothers, household ----------------------------------------------------------------------------


def test_silence_about_fathers_and_partners_is_a_fault() -> None:
    alone = spoilt(BRUISE, household=[BRUISE["household"][0]])
    says(alone, "household", "nothing of a father or partner")


@pytest.mark.parametrize("role", ["father", "partner", "step_parent"])
def test_an_unknown_father_is_an_answer(role: str) -> None:
    unknown = {"role": role, "unknown_because": WHY, "lives_there": "not_known"}
    assert faults(spoilt(BRUISE, household=[BRUISE["household"][0], unknown])) == {}


def test_two_mothers_are_two_parents() -> None:
    second = {"role": "mother", "name": "Rachel Lane", "lives_there": "yes"}
    assert faults(spoilt(WITHIN, household=[WITHIN["household"][0], second])) == {}


def test_an_unborn_baby_is_found_through_the_mother() -> None:
    says(spoilt(PRE_BIRTH, household__0=GONE), "household", "found through the mother")
    unnamed = {"role": "mother", "unknown_because": WHY, "lives_there": "not_known"}
    assert faults(spoilt(PRE_BIRTH, household__0=unnamed)) == {}


@pytest.mark.parametrize("change", [{"household__0__name": GONE}, {"household__0__unknown_because": WHY}])
def test_somebody_has_a_name_or_a_reason_for_none(change: RAW) -> None:
    says(spoilt(BRUISE, **change), "household.0.name", "one of the two")


@pytest.mark.parametrize("empty", ["unknown", "N/A", "n.a.", "-", "not known", "Don't know", "TBC", "??"])
def test_a_because_gives_a_reason(empty: str) -> None:
    raw = spoilt(BRUISE, household__2__unknown_because=empty)
    says(raw, "household.2.unknown_because", "must say why")


def test_nobody_stands_twice() -> None:
    twins = spoilt(BRUISE, children__1__nhs_number=BRUISE["children"][0]["nhs_number"])
    says(twins, "children.1.nhs_number", "stands twice")
    mother = spoilt(BRUISE, household__0__nhs_number=BRUISE["children"][0]["nhs_number"])
    says(mother, "household.0.nhs_number", "stands twice")


# -- children -----------------------------------------------------------------------------------------------


def test_seventeen_is_a_child_and_eighteen_is_not() -> None:
    seventeen = example("concern-exploitation-of-a-17-year-old")
    assert faults(spoilt(seventeen, children__0__date_of_birth="2008-04-16")) == {}
    says(
        spoilt(seventeen, children__0__date_of_birth="2008-04-15"), "children.0.date_of_birth", "18 years ago"
    )


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"children__1__name": GONE}, "children.1.name"),
        ({"children__1__name_unknown_because": WHY}, "children.1.name"),
        ({"children__1__nhs_number": GONE}, "children.1.nhs_number"),
        ({"children__1__nhs_number_unknown_because": WHY}, "children.1.nhs_number"),
        ({"children__1__date_of_birth": GONE}, "children.1.date_of_birth"),
        ({"children__1__due_date": "2026-08-01"}, "children.1.date_of_birth"),
        ({"children__1__date_of_birth_unknown_because": WHY}, "children.1.date_of_birth"),
        ({"children__1__about_years": 3}, "children.1.about_years"),
    ],
)
def test_a_child_is_known_or_it_is_said_why_not(change: RAW, path: str) -> None:
    assert set(faults(spoilt(BRUISE, **change))) == {path}


def test_a_child_of_whom_little_is_known_can_still_be_told_of() -> None:
    stranger = {
        "name_unknown_because": "Ran off before anybody could ask.",
        "date_of_birth_unknown_because": "Seen in the street only.",
        "about_years": 9,
        "nhs_number_unknown_because": "Nobody knows who it is.",
    }
    assert faults(spoilt(BRUISE, children__1=stranger)) == {}


def test_an_unborn_baby_has_no_nhs_number_and_needs_no_name() -> None:
    assert faults(PRE_BIRTH) == {}
    says(spoilt(PRE_BIRTH, children__0__nhs_number="9990000409"), "children.0.nhs_number", "the mother's")


@pytest.mark.parametrize(
    ("due", "good"),
    [("2026-03-04", True), ("2026-03-03", False), ("2027-02-09", True), ("2027-02-10", False)],
)
def test_a_due_date_is_near(due: str, good: bool) -> None:  # noqa: FBT001 - a table
    assert (faults(spoilt(PRE_BIRTH, children__0__due_date=due)) == {}) is good


# -- what kinds of concern need -----------------------------------------------------------------------------


@pytest.mark.parametrize("category", ["bruising", "physical_abuse"])
def test_a_bruised_baby_can_move_or_cannot(category: str) -> None:
    silent = spoilt(BRUISE, children__0__mobile=GONE, categories=[category])
    says(silent, "children.0.mobile", "moves on their own")
    guessed = spoilt(
        silent,
        children__0__date_of_birth=GONE,
        children__0__date_of_birth_unknown_because=WHY,
        children__0__about_years=0,
    )
    says(guessed, "children.0.mobile", "moves on their own")


def test_the_first_birthday_still_counts_as_a_baby() -> None:
    first, after = (
        spoilt(BRUISE, children__0__mobile=GONE, children__0__date_of_birth=day)
        for day in ("2025-04-14", "2025-04-13")
    )
    assert set(faults(first)) == {"children.0.mobile"}
    assert faults(after) == {}


def test_older_children_and_other_concerns_are_not_asked_whether_they_move() -> None:
    assert faults(spoilt(BRUISE, children__1__mobile=GONE)) == {}
    assert faults(spoilt(BRUISE, children__0__mobile=GONE, categories=["neglect"])) == {}


def test_a_category_and_the_rest_must_agree() -> None:
    says(spoilt(BRUISE, categories=["pre_birth"]), "categories", "due_date")
    says(spoilt(BRUISE, categories=["bruising", "bruising"]), "categories", "twice")
    says(spoilt(NO_GP, services__gp__registered=True), "services.gp.registered", "contradicts")


# -- what must not be told in passing -----------------------------------------------------------------------

RESTRICTED = spoilt(
    ABUSE,
    address={
        "lines": ["27 Raglan Road"],
        "postcode": "B66 3PX",
        "restricted": True,
        "restricted_because": "The father must not learn where they are.",
    },
)


@pytest.mark.parametrize(
    "text",
    ["They live at b663px now.", "Gone to B66  3PX.", "27 RAGLAN ROAD", "at 27, Raglan Road, upstairs"],
)
@pytest.mark.parametrize(
    "path",
    [
        "situation__facts__0__fact",
        "household__1__note",
        "assessment__worries__0",
        "recording__family_told_what",
    ],
)
def test_a_restricted_address_is_not_repeated_in_free_text(text: str, path: str) -> None:
    assert faults(RESTRICTED) == {}
    says(spoilt(RESTRICTED, **{path: text}), path.replace("__", "."), "repeats the restricted address")


def test_an_address_that_is_not_restricted_may_be_spoken_of() -> None:
    assert faults(spoilt(BRUISE, assessment__opinion="27 Raglan Road is damp.")) == {}


def test_a_short_first_line_is_in_many_texts_and_gives_nothing_away() -> None:
    raw = spoilt(RESTRICTED, address__lines=["Flat 2"], assessment__opinion="Flat 2 of some house")
    assert faults(raw) == {}


def test_eight_letters_and_figures_of_a_first_line_do_give_it_away() -> None:
    raw = spoilt(
        RESTRICTED, address__lines=["1 Elm Row"], assessment__opinion="Somebody saw them at 1 Elm Row."
    )
    assert faults(raw) == {}
    says(
        spoilt(raw, address__lines=["12 Elm Row"], assessment__opinion="Seen at 12 Elm Row."),
        "assessment.opinion",
        "repeats",
    )


def test_an_address_is_known_or_it_is_said_why_not() -> None:
    says(spoilt(BRUISE, address__postcode=GONE), "address.postcode", "unknown_because")
    says(spoilt(BRUISE, address__unknown_because=WHY), "address.postcode", "one of the two")
    says(spoilt(ABUSE, address__restricted_because=GONE), "address.restricted_because", "from whom")
    says(spoilt(ABUSE, address__restricted=False), "address.restricted", "must be true")
    says(
        spoilt(BRUISE, address__restricted=GONE),
        "address.restricted",
        "is missing. Whether somebody must not",
    )


def test_a_referrer_who_wants_anonymity_is_not_named_in_free_text() -> None:
    named = spoilt(NEIGHBOUR, situation__facts__0__source_detail="winston  clarke, from next door")
    says(named, "situation.facts.0.source_detail", "wants anonymity")
    assert faults(spoilt(named, referrer__wants_anonymity=False)) == {}
    assert faults(spoilt(named, referrer__name=GONE)) == {}


# -- what is told -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"practitioner__phone": GONE, "practitioner__email": GONE}, "practitioner.phone"),
        ({"childs_voice": {}}, "childs_voice.said"),
        ({"childs_voice__not_obtained_because": WHY}, "childs_voice.said"),
        ({"situation__facts": []}, "situation.facts"),
        ({"situation__facts__0__on": GONE}, "situation.facts.0.on"),
        ({"situation__facts__0__around": "Last week"}, "situation.facts.0.on"),
        ({"recording__family_told": False}, "recording.not_told_because"),
        ({"recording__family_told_what": GONE}, "recording.family_told_what"),
        ({"recording__not_told_because": WHY}, "recording.family_told_what"),
        ({"recording__family_agrees": False}, "recording.shared_without_agreement_because"),
        ({"recording__shared_without_agreement_because": WHY}, "recording.shared_without_agreement_because"),
        ({"recording__red_book": {"written": False}}, "recording.red_book.not_written_because"),
        ({"services__gp": GONE}, "services.gp"),
        ({"services__no_gp_because": WHY}, "services.gp"),
        ({"assessment__what_would_change_this_view": GONE}, "assessment.what_would_change_this_view"),
        ({"children": [BRUISE["children"][0]] * 13}, "children"),
    ],
)
def test_the_account_is_whole(change: RAW, path: str) -> None:
    assert set(faults(spoilt(BRUISE, **change))) == {path}


def test_a_family_that_was_not_asked_may_be_shared_about_with_a_reason() -> None:
    raw = spoilt(BRUISE, recording__family_agrees=GONE, recording__shared_without_agreement_because=WHY)
    assert faults(raw) == {}


# -- handovers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"move__from_area": GONE, "move__from_postcode": GONE}, "move.from_area"),
        ({"move__to_area": GONE, "move__to_postcode": GONE}, "move.to_area"),
        ({"move__to_unknown_because": WHY}, "move.to_area"),
        ({"move__moved_on": GONE}, "move.moved_on"),
        ({"move__moved_on_unknown_because": WHY}, "move.moved_on"),
        ({"move__left_on": "2026-04-11"}, "move.left_on"),
        ({"move": GONE}, "move"),
        ({"plan": GONE}, "plan"),
        ({"health__safe_sleep": GONE}, "health.safe_sleep"),
        ({"health__icon": GONE}, "health.icon"),
        ({"health__safe_sleep__on": GONE}, "health.safe_sleep.done"),
        ({"health__safe_sleep__in_red_book": GONE}, "health.safe_sleep.done"),
        ({"health__icon": {"done": False}}, "health.icon.not_done_because"),
        ({"health__icon__not_done_because": WHY}, "health.icon.not_done_because"),
        ({"health__weights__0__child": 2}, "health.weights.0.child"),
        ({"health__missed_appointments__2__child": 9}, "health.missed_appointments.2.child"),
        ({"health__weights__0__grams": 5}, "health.weights.0.grams"),
        ({"open_work__0__by": "2031-01-01"}, "open_work.0.by"),
    ],
)
def test_a_handover_says_what_the_next_one_needs(change: RAW, path: str) -> None:
    assert set(faults(spoilt(MOVE, **change))) == {path}


def test_a_baby_without_a_health_part_is_asked_for_both_checks() -> None:
    assert set(faults(spoilt(MOVE, health=GONE))) == {"health.safe_sleep", "health.icon"}


def test_an_older_child_needs_neither_check() -> None:
    assert faults(spoilt(WITHIN, health=GONE)) == {}
    assert len(faults(spoilt(WITHIN, health=GONE, children__0__date_of_birth="2025-04-14"))) == 2
    assert faults(spoilt(WITHIN, health=GONE, children__0__date_of_birth="2025-04-13")) == {}


def test_an_area_or_a_postcode_says_from_where_and_to_where() -> None:
    assert faults(spoilt(MOVE, move__from_area=GONE, move__to_postcode=GONE)) == {}
    assert faults(spoilt(MOVE, move__from_postcode=GONE, move__to_area=GONE)) == {}


def test_a_handover_without_a_move_says_why_another_takes_over() -> None:
    assert faults(spoilt(MOVE, move=GONE, handed_over_because="She starts school in September.")) == {}


def test_a_planned_move_may_lie_ahead_but_not_for_ever() -> None:
    assert faults(spoilt(MOVE, move__moved_on="2027-04-15", move__left_on="2027-04-01")) == {}
    says(spoilt(MOVE, move__moved_on="2027-04-17"), "move.moved_on", "at most a year ahead")
