"""What must be true of a message about a baby, and of the forms that are sent along."""

from datetime import date

import pytest

from protocols.messages import Invalid, read
from protocols.vocabulary import Kind
from tests.examples import GONE, NOW, example, spoilt

UNBORN = example("unborn-sandwell")
BIRTH = example("birth-sandwell")
REGISTRATION = example("registration-sandwell")
BODY_MAP = example("concern-bruise-with-a-body-map")
MIDWIFE = example("handover-midwife-to-health-visitor")
NEGLECT = example("concern-neglect")
WHY = "Asked twice; the mother did not wish to say."
OTHER = "0198c0de-0000-7000-8000-000000000001"

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


# -- before birth -------------------------------------------------------------------------------------------


def test_a_notice_before_birth_speaks_of_the_father_and_finds_the_baby_through_the_mother() -> None:
    says(spoilt(UNBORN, household__1=GONE), "household", "nothing of a father or partner")
    says(spoilt(UNBORN, household__0=GONE), "household", "found through the mother")
    unknown = {"role": "father", "unknown_because": WHY, "lives_there": "not_known"}
    assert faults(spoilt(UNBORN, household__1=unknown)) == {}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"pregnancy": GONE}, "pregnancy"),
        ({"pregnancy__booked_on": GONE}, "pregnancy.booked_on"),
        ({"pregnancy__not_booked_because": WHY}, "pregnancy.booked_on"),
        ({"situation": GONE}, "situation"),
        ({"expected_response": GONE}, "expected_response"),
        ({"recording": GONE}, "recording"),
        ({"assessment_by": "2026-09-10"}, "assessment_by"),
        ({"network_on": "2031-01-01"}, "network_on"),
        ({"attachments": {"icon": []}}, "attachments"),
    ],
)
def test_a_notice_before_birth_is_whole(change: RAW, path: str) -> None:
    assert set(faults(spoilt(UNBORN, **change))) == {path}


def test_a_notice_before_birth_is_about_somebody_who_is_not_born() -> None:
    born = {"name": "Ann", "date_of_birth": "2024-01-01", "nhs_number_unknown_because": WHY}
    says(spoilt(UNBORN, children=[born], assessment_by=GONE), "children", "due_date")
    assert faults(spoilt(UNBORN, children=[born, *UNBORN["children"]])) == {}, (
        "a sister may be told of as well"
    )


def test_the_day_that_it_names_is_the_senders_or_else_the_day_the_baby_is_due() -> None:
    assert read(UNBORN, now=NOW).named_day == date(2026, 7, 15)
    assert read(spoilt(UNBORN, assessment_by=GONE), now=NOW).named_day == date(2026, 9, 9)
    twins = [{"due_date": "2026-09-09"}, {"due_date": "2026-09-02"}]
    assert read(spoilt(UNBORN, assessment_by=GONE, children=twins), now=NOW).named_day == date(2026, 9, 2)


# -- the birth ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"household__0": GONE}, "household", "nothing of the mother"),
        ({"due_date": GONE}, "due_date", "due_date_unknown_because"),
        ({"due_date_unknown_because": WHY}, "due_date", "due_date_unknown_because"),
        ({"due_date": "2026-09-01"}, "due_date", "slip of the pen"),
        ({"due_date": "2026-02-20"}, "due_date", "slip of the pen"),
        ({"born": []}, "born", "at least 1"),
        ({"born__0__child": 1}, "born.0.child", "counted from 0"),
        ({"born__0__grams": GONE}, "born.0.grams", "not_weighed_because"),
        ({"born__0__grams": 20}, "born.0.grams", "at least 200"),
        ({"goes_home__to": "foster_carer"}, "goes_home.because", "to whom"),
        ({"goes_home": GONE}, "goes_home", "is missing"),
        ({"children__0__nhs_number": GONE}, "children.0.nhs_number", "nhs_number_unknown_because"),
        ({"follows": "the notice of March"}, "follows", "id of a message"),
    ],
)
def test_a_birth_is_whole(change: RAW, path: str, words: str) -> None:
    changed = {**BIRTH, **change} if "follows" in change else spoilt(BIRTH, **change)
    says(changed, path, words)


def test_a_birth_gives_what_joins_it_to_the_notice_before() -> None:
    followed = read({**BIRTH, "follows": OTHER}, now=NOW)
    assert str(followed.follows_on) == OTHER
    [reference] = followed.refers_to
    assert (reference.field, str(reference.message), reference.kinds) == ("follows", OTHER, (Kind.UNBORN,))
    assert (read(BIRTH, now=NOW).follows_on, read(BIRTH, now=NOW).refers_to) == (None, ())
    assert (
        faults(spoilt(BIRTH, due_date=GONE, due_date_unknown_because="A pregnancy that nobody knew of."))
        == {}
    )
    early, late = (spoilt(BIRTH, due_date=day) for day in ("2026-08-30", "2026-03-01"))
    assert faults(early) == faults(late) == {}


def test_a_birth_is_of_children_who_are_born_each_once() -> None:
    twin = {**BIRTH["children"][0], "name": "Noah Lyle", "nhs_number": "9990001073"}
    both = spoilt(BIRTH, children=[*BIRTH["children"], twin])
    assert faults(spoilt(both, born=[*BIRTH["born"], {"child": 1, "grams": 2890}])) == {}
    twice = [*BIRTH["born"], {"child": 0, "grams": 2890}]
    says(spoilt(both, born=twice), "born.1.child", "only once")
    unborn = spoilt(BIRTH, children=[*BIRTH["children"], {"due_date": "2026-08-12"}])
    says(unborn, "children", "unborn")
    undated = {
        "name": "Ezra Lyle",
        "date_of_birth_unknown_because": WHY,
        "about_years": 0,
        "nhs_number_unknown_because": WHY,
    }
    says(spoilt(BIRTH, children=[undated]), "children.0.date_of_birth", "with its day")


# -- registered ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"services__gp": GONE, "services__no_gp_because": WHY}, "services.gp", "your own practice"),
        ({"services__gp__registered": False}, "services.gp.registered", "must be true"),
        ({"registration__missing": GONE}, "registration.missing", "An empty list"),
        ({"registration__on": "2026-04-16"}, "registration.on", "future"),
        ({"registration__household__2": GONE}, "registration.household", "everybody"),
        ({"registration__household__2__member": 1}, "registration.household", "each once"),
        ({"registration__household__2__member": 3}, "registration.household", "from 0"),
    ],
)
def test_a_registration_accounts_for_the_whole_household(change: RAW, path: str, words: str) -> None:
    says(spoilt(REGISTRATION, **change), path, words)


def test_nobody_is_registered_before_birth_and_nothing_may_be_missing() -> None:
    unborn = spoilt(REGISTRATION, children=[{"due_date": "2026-08-12"}])
    says(unborn, "children", "not born")
    assert faults(spoilt(REGISTRATION, registration__missing=[])) == {}
    assert read(REGISTRATION, now=NOW).own_practice == "Y90001"
    assert read(BIRTH, now=NOW).own_practice is None


# -- what is attached ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"body_map__0__marks": []}, "body_map.0.marks", "at least 1"),
        ({"body_map__0__marks__0__region": "tummy"}, "body_map.0.marks.0.region", "must be"),
        ({"body_map__0__marks__0__side": GONE}, "body_map.0.marks.0.side", "left or right"),
        (
            {"body_map__0__marks__2__not_measured_because": GONE},
            "body_map.0.marks.2.length_mm",
            "not_measured_because",
        ),
        ({"body_map__0__marks__0__length_mm": 0}, "body_map.0.marks.0.length_mm", "at least 1"),
        ({"body_map__0__marks__1__explained_by": "mother"}, "body_map.0.marks.1.explained_by", "who gave it"),
        ({"body_map__0__marks__0__explained_by": GONE}, "body_map.0.marks.0.explained_by", "who gave it"),
        (
            {"body_map__0__marks__1__not_explained_because": GONE},
            "body_map.0.marks.1.explanation",
            "nothing was",
        ),
        ({"body_map__0__photographs": False}, "body_map.0.photographs_kept_by", "exist"),
        ({"body_map__0__photographs_kept_by": GONE}, "body_map.0.photographs_kept_by", "who keeps them"),
        ({"body_map__0__by": GONE}, "body_map.0.by", "by name and job"),
        ({"body_map__0__on": "2026-04-16"}, "body_map.0.on", "future"),
        ({"body_map__0__child": 1}, "body_map.0.child", "counted from 0"),
        ({"body_map__0__image": "aGVsbG8="}, "body_map.0", "is not one of these"),
    ],
)
def test_a_body_map_says_what_was_seen_and_what_was_said_of_it(change: RAW, path: str, words: str) -> None:
    raw = example("concern-bruise-with-a-body-map")
    if "body_map__0__image" in change:
        raw["attachments"]["body_map"][0]["image"] = change["body_map__0__image"]
    elif "body_map__0__child" in change:
        raw["attachments"]["body_map"][0]["child"] = change["body_map__0__child"]
    else:
        raw = spoilt(raw, **{f"attachments__{where}": value for where, value in change.items()})
    says(raw, f"attachments.{path}", words)


def test_a_width_without_a_length_is_half_a_measure() -> None:
    mark = {**BODY_MAP["attachments"]["body_map"][0]["marks"][2], "width_mm": 3}
    says(
        spoilt(BODY_MAP, attachments__body_map__0__marks__2=mark),
        "attachments.body_map.0.marks.2.width_mm",
        "length_mm as well",
    )


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"safe_sleep__0__place": "sofa"}, "safe_sleep.0.place", "must be"),
        ({"safe_sleep__0__bed_sharing": GONE}, "safe_sleep.0.bed_sharing", "shares a bed"),
        ({"safe_sleep__0__temperature": GONE}, "safe_sleep.0.temperature", "How warm"),
        ({"safe_sleep__0__told_to": []}, "safe_sleep.0.told_to", "at least 1"),
        ({"safe_sleep__0__in_red_book": GONE}, "safe_sleep.0.in_red_book", "is missing"),
        (
            {"icon__0__with_whom": ["mother"]},
            "icon.0.father_or_partner_not_there_because",
            "why they were not",
        ),
        ({"icon__0__again_on": GONE}, "icon.0.again_on", "not_again_because"),
        ({"icon__0__said": GONE}, "icon.0.said", "What was talked over"),
        ({"red_book__0__entry": GONE}, "red_book.0.entry", "is missing"),
    ],
)
def test_what_is_sent_along_of_a_baby_is_whole(change: RAW, path: str, words: str) -> None:
    says(
        spoilt(MIDWIFE, **{f"attachments__{where}": value for where, value in change.items()}),
        f"attachments.{path}",
        words,
    )


def test_a_conversation_with_two_mothers_or_without_the_father_is_one() -> None:
    icon = {**MIDWIFE["attachments"]["icon"][0], "with_whom": ["mother", "mother"]}
    assert faults(spoilt(MIDWIFE, attachments__icon__0=icon)) == {}
    alone = {**icon, "with_whom": ["mother"], "father_or_partner_not_there_because": "At sea until June."}
    assert faults(spoilt(MIDWIFE, attachments__icon__0=alone)) == {}
    says(
        spoilt(MIDWIFE, attachments__icon__0={**alone, "with_whom": ["mother", "partner"]}),
        "attachments.icon.0.father_or_partner_not_there_because",
        "only for",
    )


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"physical__grade": 6}, "physical.grade", "at most 5"),
        ({"physical__grade": GONE}, "physical.grade", "not_graded_because"),
        ({"developmental__not_graded_because": GONE}, "developmental.grade", "not_graded_because"),
        ({"emotional": GONE}, "emotional", "is missing"),
        ({"to_change": []}, "to_change", "nothing_to_change_because"),
        ({"carers": []}, "carers", "at least 1"),
    ],
)
def test_a_graded_care_profile_grades_every_area_or_says_why_not(change: RAW, path: str, words: str) -> None:
    says(
        spoilt(NEGLECT, **{f"attachments__gcp2__0__{where}": value for where, value in change.items()}),
        f"attachments.gcp2.0.{path}",
        words,
    )


def test_the_hub_adds_no_grades_up() -> None:
    grades = {**NEGLECT["attachments"]["gcp2"][0], "score": 14}
    told = faults(spoilt(NEGLECT, attachments__gcp2__0=grades))
    assert set(told) == {"attachments.gcp2.0"}


def test_what_is_sent_along_gives_no_secret_away() -> None:
    restricted = spoilt(
        MIDWIFE,
        address={
            **MIDWIFE["address"],
            "restricted": True,
            "restricted_because": "Her brother has threatened her.",
        },
        attachments__safe_sleep__0__advice="Seen at 5 Foundry Way.",
    )
    says(restricted, "attachments.safe_sleep.0.advice", "repeats the restricted address")
    raised = {"relationship": "neighbour", "name": "Winston Clarke", "wants_anonymity": True}
    named = spoilt(BODY_MAP, attachments__body_map__0__marks__0__explanation="Winston Clarke saw it.")
    says({**named, "referrer": raised}, "attachments.body_map.0.marks.0.explanation", "wants anonymity")
