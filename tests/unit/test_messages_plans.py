"""What must be true of a change of plan, of a request for reports and its answer, and of a bulletin of learning."""

from typing import Any

import pytest

from protocols.messages import Invalid, read
from tests.examples import GONE, NOW, example, spoilt

BEGINS = example("plan-change-child-protection-plan-begins")
GOES = example("plan-change-goes-to-another-authority")
REQUEST = example("report-request-review-conference")
REPORT = example("report-from-a-gp-practice")
LEARNING = example("learning-from-a-review")
WHY = "The conference will say."

RAW = dict[str, Any]


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


# -- a change of plan -------------------------------------------------------------------------------------------

ENDED = spoilt(
    BEGINS, change="ended", plan={"kind": "none", "ended_on": "2026-04-14"}, plan_before="child_in_need"
)
CHANGED = spoilt(BEGINS, change="changed", plan_before="child_in_need")


@pytest.mark.parametrize(
    "raw", [BEGINS, GOES, ENDED, CHANGED, spoilt(CHANGED, plan_before="child_protection")]
)
def test_a_plan_begins_changes_ends_and_goes_elsewhere(raw: RAW) -> None:
    assert faults(raw) == {}


def test_whoever_tells_of_a_plan_knows_which() -> None:
    assert "knows the plan" in faults(spoilt(BEGINS, plan__kind="not_known"))["plan.kind"]
    says(spoilt(BEGINS, plan__kind="none"), "plan.kind", 'must be "none" for a plan that ended')
    says(spoilt(ENDED, plan__kind="child_in_need"), "plan.kind", 'must be "none" for a plan that ended')


def test_a_plan_that_ended_still_matters() -> None:
    says(spoilt(ENDED, plan__ended_on=GONE), "plan.ended_on", "on which day")
    for before in (GONE, "none"):
        says(spoilt(ENDED, plan_before=before), "plan_before", "it still matters")


def test_a_change_says_what_was_before() -> None:
    says(spoilt(CHANGED, plan_before=GONE), "plan_before", "which kind of plan it was before")
    says(spoilt(BEGINS, plan_before="child_protection"), "plan_before", "is the plan that has begun")


@pytest.mark.parametrize(
    ("path", "field", "because"),
    [
        ("plan.next_meeting_on", "plan__next_meeting_on", "next_meeting_not_set_because"),
        ("plan.lead_professional", "plan__lead_professional", "lead_professional_not_named_because"),
        ("core_group", "core_group", "no_core_group_because"),
    ],
)
def test_the_next_meeting_the_lead_and_the_core_group_are_named_or_it_is_said_why_not(
    path: str, field: str, because: str
) -> None:
    without = spoilt(BEGINS, **{field: GONE})
    says(without, path, because)
    assert faults({**without, because: WHY}) == {}
    says({**BEGINS, because: WHY}, path, "one of the two")


def test_each_of_the_core_group_is_named_once_and_by_what_finds_it() -> None:
    says(spoilt(BEGINS, core_group__0__agency=GONE), "core_group.0.agency", "agency id")
    twice = spoilt(BEGINS, core_group__3=BEGINS["core_group"][0])
    says(twice, "core_group.3", "named twice")


def test_where_a_plan_goes_is_for_one_that_goes() -> None:
    says(spoilt(GOES, transfer=GONE), "transfer", "say where it goes")
    says(spoilt(BEGINS, transfer=GOES["transfer"]), "transfer", "only for, a plan that is transferred")
    says(spoilt(GOES, plan__kind="early_help"), "plan.kind", "goes to another authority")
    says(spoilt(GOES, transfer__until_then=GONE), "transfer.until_then", "Who visits")


def test_a_restricted_address_is_not_told_in_passing() -> None:
    hidden = spoilt(
        BEGINS,
        address={**BEGINS["address"], "restricted": True, "restricted_because": "He must not find them."},
        why="They are at 9 Coldbath Walk now.",
    )
    says(hidden, "why", "repeats the restricted address")


# -- a request for reports --------------------------------------------------------------------------------------


def test_a_request_is_for_a_day_that_can_be_kept() -> None:
    says(
        spoilt(REQUEST, reports_by="2026-04-14"), "reports_by", "between today and the day of the conference"
    )
    says(
        spoilt(REQUEST, reports_by="2026-05-14"), "reports_by", "between today and the day of the conference"
    )
    assert "is past" in faults(spoilt(REQUEST, conference__on="2026-04-01"))["conference.on"]
    assert faults(spoilt(REQUEST, reports_by="2026-05-13")) == {}


def test_another_conference_says_what_it_is() -> None:
    says(spoilt(REQUEST, conference__which="other"), "conference.what", "what it is called")
    says(spoilt(REQUEST, conference__what="Strategy meeting"), "conference.what", "only for, a conference")
    assert (
        faults(spoilt(REQUEST, conference={**REQUEST["conference"], "which": "other", "what": "Strategy"}))
        == {}
    )


@pytest.mark.parametrize("starts", ["9:30", "24:00", "09:60", "noon", "09:30:00"])
def test_a_conference_starts_at_a_time_of_day(starts: str) -> None:
    says(spoilt(REQUEST, conference__starts=starts), "conference.starts", "as 09:30")


def test_whoever_is_asked_is_asked_once_and_each_question_has_its_own_name() -> None:
    says(spoilt(REQUEST, asked=[*REQUEST["asked"], REQUEST["asked"][0]]), "asked.4", "named twice")
    says(spoilt(REQUEST, form__4__id="seen"), "form.4.id", "each question once")
    says(spoilt(REQUEST, form__2__of=["midwifery"]), "form.2.of", "not among those asked")
    says(spoilt(REQUEST, form__0__id="Has he been seen?"), "form.0.id", "small letters")


# -- and its answer ---------------------------------------------------------------------------------------------

NOTHING = {
    **{
        name: REPORT[name]
        for name in REPORT
        if name not in {"situation", "assessment", "childs_voice", "replies"}
    },
    "nothing_known_because": "They registered with us last week, and nobody has seen them.",
}


def test_nothing_known_is_an_answer_and_silence_is_none() -> None:
    assert faults(NOTHING) == {}
    says({**NOTHING, "nothing_known_because": "n/a"}, "nothing_known_because", "must say why")
    silent = {name: value for name, value in NOTHING.items() if name != "nothing_known_because"}
    assert "nothing_known_because" in faults(silent)["situation"]


@pytest.mark.parametrize("name", ["replies", "childs_voice", "assessment"])
def test_nothing_known_is_not_said_beside_what_is_known(name: str) -> None:
    says({**NOTHING, name: REPORT[name]}, name, "leave it out where nothing is known")


def test_the_child_is_heard_in_a_report() -> None:
    says(spoilt(REPORT, childs_voice=GONE), "childs_voice", "what the child said or shows")


def test_each_question_is_answered_once_or_it_is_said_why_not() -> None:
    says(spoilt(REPORT, replies__1__question="seen"), "replies.1.question", "each question once")
    says(spoilt(REPORT, replies__1__answer=GONE), "replies.1.answer", "nothing_known_because")


@pytest.mark.parametrize("answers", ["the one of Monday", "0197F3A2-5C00-7C1E-9D35-4F7A10B2C3D4", "", 7])
def test_a_report_says_what_it_answers_by_its_id(answers: object) -> None:
    assert set(faults(spoilt(REPORT, answers=answers))) == {"answers"}


# -- learning ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number", ["9990000077", "999 000 0077", "999-000-0077", "999.000.0077", "9990 000 077"]
)
@pytest.mark.parametrize(
    "path", ["themes__0__learnt", "actions__1__what", "review__name", "actions__0__evidence"]
)
def test_a_bulletin_holds_no_nhs_number_however_it_is_grouped(number: str, path: str) -> None:
    told = faults(spoilt(LEARNING, **{path: f"It was {number}, which nobody looked up."}))
    assert set(told) == {path.replace("__", ".")}
    assert "goes to all" in told[path.replace("__", ".")]
    assert number not in str(told)


@pytest.mark.parametrize(
    "figures", ["9990000078", "0121 496 0151", "99900000771", "since 2019, 61 of 64 cases"]
)
def test_other_figures_are_no_nhs_number(figures: str) -> None:
    assert faults(spoilt(LEARNING, themes__0__learnt=f"It was {figures}.")) == {}


def test_a_bulletin_has_no_place_for_a_child() -> None:
    assert set(faults({**LEARNING, "children": REPORT["children"]})) == {"message"}


def test_an_action_is_somebodys_and_still_to_be_done() -> None:
    says(spoilt(LEARNING, actions__0__agency="sandwell-gp-1"), "actions.0.agency", "one of the two")
    says(spoilt(LEARNING, actions__0__role=GONE), "actions.0.agency", "one of the two")
    says(spoilt(LEARNING, actions__0__role="partnership"), "actions.0.role", "owes to nobody")
    says(spoilt(LEARNING, actions__0__by="2026-04-14"), "actions.0.by", "is past")
    says(spoilt(LEARNING, actions__0__evidence=GONE), "actions.0.evidence", "What is to show")


def test_a_review_is_published_or_it_is_said_why_not() -> None:
    says(spoilt(LEARNING, review__link=GONE), "review.link", "not_published_because")
    says(spoilt(LEARNING, review__link="http://example.org/rs"), "review.link", "https://")
    unpublished = spoilt(LEARNING, review__link=GONE, review__published_on=GONE)
    unpublished["review"]["not_published_because"] = "The criminal trial is not over."
    assert faults(unpublished) == {}
