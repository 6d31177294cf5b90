"""A protocol is read whole or not at all, and whatever is wrong is said at once, with the line where it stands."""

import re
from datetime import date

import pytest

from protocols.conditions import Age, Plan
from protocols.deadlines import Limit
from protocols.parse import ProtocolFaults, parse, print_
from protocols.protocol import Direction, Owed
from protocols.vocabulary import Area, Category, Kind, Role, Section, Urgency, Withheld
from tests.signed import BRUISE, REST, SANDWELL, clause, head, signed, text

MASH = 'with = "mash", area = "home", view = "full"'


def faults(source: str, **include: str) -> list[tuple[str, int, str]]:
    with pytest.raises(ProtocolFaults) as caught:
        parse(source, file="p.toml", include=include)
    return [(fault.file, fault.line, fault.says) for fault in caught.value.faults]


def line_of(source: str, part: str) -> int:
    return source[: source.index(part)].count("\n") + 1


def test_a_whole_protocol() -> None:
    protocol = signed()
    assert (protocol.id, protocol.version, protocol.area) == ("sandwell", "1", SANDWELL)
    assert (protocol.effective, protocol.review_by) == (date(2026, 1, 1), date(2026, 12, 31))
    assert protocol.limits[Owed.CHECK_BACK] == Limit.parse("3 working days")
    assert protocol.views["brief"].sections == {Section.CHILD, Section.ADDRESS, Section.PRACTITIONER}
    assert protocol.views["brief"].withhold == {Withheld.RESTRICTED_ADDRESS, Withheld.REFERRER_IDENTITY}
    assert [step.tell for step in protocol.ladders["urgent"].steps][1] == ("partnership",)
    (only,) = protocol.clauses
    assert (only.id, only.direction, only.when.kind) == ("bruise", Direction.WITHIN, Kind.CONCERN)
    (grant,) = only.share
    assert (grant.role, grant.area, grant.view, grant.call_first) == (Role.MASH, Area.HOME, "full", True)
    assert protocol.limits_of(grant)[Owed.RECEIPT] == Limit.parse("1 hour")
    assert protocol.limits_of(grant)[Owed.ANSWER] == Limit.parse("2 working days")


def test_every_condition() -> None:
    when = (
        'kind = "concern", sender = ["police"], category = ["neglect", "pre_birth"], urgency = ["urgent"],'
        ' plan = ["child_protection"], adult_services = ["substance_misuse"], child_mobile = false, unborn = true,'
        ' gp_registered = false, adult_supervision = true, youngest_under = "26 weeks", pregnant_from = "12 weeks",'
        ' oldest_from = "13 years"'
    )
    got = signed(clause("all", when, MASH)).clauses[0].when
    assert got.sender == (Role.POLICE,)
    assert got.category == (Category.NEGLECT, Category.PRE_BIRTH)
    assert got.urgency == (Urgency.URGENT,)
    assert got.plan == (Plan.CHILD_PROTECTION,)
    assert got.adult_services == (Role.SUBSTANCE_MISUSE,)
    assert (got.child_mobile, got.unborn, got.gp_registered, got.adult_supervision) == (
        False,
        True,
        False,
        True,
    )
    assert (got.youngest_under, got.pregnant_from, got.oldest_from) == (
        Age(26, "week"),
        Age(12, "week"),
        Age(13, "year"),
    )


def test_conditions_of_involvement_and_supervision() -> None:
    involved = signed(clause("a", 'kind = "involvement", involved = ["early_help"]', MASH)).clauses[0].when
    assert involved.involved == (Role.EARLY_HELP,)
    told = signed(clause("a", 'kind = "supervision", asks = false, disengaged = true', MASH)).clauses[0].when
    assert (told.asks, told.disengaged) == (False, True)


@pytest.mark.parametrize(
    ("written", "days"),
    [("0 days", 0), ("1 day", 1), ("26 weeks", 182), ("6 months", 182), ("1 year", 365), ("13 years", 4748)],
)
def test_ages(written: str, days: int) -> None:
    assert Age.parse(written).in_days == days
    assert str(Age.parse(written)) == written


@pytest.mark.parametrize("written", ["", "6", "six months", "6 moons", "-1 day", "06 days", "1 day "])
def test_ages_that_are_none(written: str) -> None:
    with pytest.raises(ValueError, match="write an age as"):
        Age.parse(written)


# -- faults ---------------------------------------------------------------------------------------------------


def test_every_fault_at_once_each_with_its_line() -> None:
    source = text(
        """
[[clause]]
id = "Bad Id"
says = "no full stop"
when = { kind = "concerns", catgory = ["bruising"] }
share = [
  { with = "msh", area = "home", view = "full" },
  # a line between
  { with = "police", area = "home", view = "ful", receipt = "soon" },
]
""",
        version="2026",
        review_by="2025-01-01",
    )
    found = faults(source)
    expected = [
        ("version = 2026", '"version" must be text in quotes'),
        ("review_by = 2025", '"review_by" must be after "effective": until when does the protocol hold?'),
        ('id = "Bad Id"', '"id" cannot be "Bad Id"'),
        ("says = ", '"says" must be a whole sentence'),
        ("when = ", '"kind" cannot be "concerns" (did you mean "concern"?): write one of concern, handover'),
        ("when = ", '"catgory" means nothing here; did you mean "category"?'),
        ('"msh"', '"with" cannot be "msh" (did you mean "mash"?)'),
        ('"ful"', "there is no [views.ful]; there is full, brief, other"),
        ('"soon"', '"receipt" is "soon": write a limit as'),
    ]
    for part, says in expected:
        assert any(
            file == "p.toml" and line == line_of(source, part) and told.startswith((says, f'clause "Bad Id": {says}'))
            for file, line, told in found
        ), (part, says, found)  # fmt: skip
    assert len(found) == len(expected)


def test_faults_come_in_the_order_of_the_text() -> None:
    source = text(
        clause("One", 'kind = "concern"', MASH), clause("Two", 'kind = "concern"', MASH), id='"Bad id"'
    )
    lines = [line for _, line, _ in faults(source)]
    assert lines == sorted(lines)
    assert len(lines) == 3


def test_a_fault_reads_as_one_line_that_an_editor_understands() -> None:
    with pytest.raises(ProtocolFaults) as caught:
        parse(text(title='""'), file="protocols/mine.toml")
    assert str(caught.value) == 'protocols/mine.toml:2: "title" must be text in quotes'


def test_what_is_no_toml_is_one_fault_at_its_line() -> None:
    source = head() + "this is not toml\n" + REST
    ((file, line, says),) = faults(source)
    assert (file, line) == ("p.toml", line_of(source, "this is"))
    assert says.startswith("this is not TOML from here on")


def test_a_text_that_ends_too_early() -> None:
    source = head() + '[usual]\nreceipt = "1'
    ((_, line, _),) = faults(source)
    assert line == source.count("\n") + 1


def test_an_empty_text_says_what_it_lacks() -> None:
    assert [says for _, _, says in faults("")] == [
        'without "id" and "area" this is a part for protocols to include: check one of those'
    ]


def test_a_protocol_that_lacks_nearly_all() -> None:
    told = " ".join(says for _, _, says in faults('id = "mine"\n'))
    for word in ("title", "version", "area", "effective", "review_by", "lawful_basis", "parties", *Owed):
        assert f'"{word}"' in told
    assert "there is no [[clause]]" in told


WRONG = [
    # what is wrong with a clause                                        what is said of it
    (clause("a", 'kind = "concern"', MASH, MASH), "mash of the same area is named twice"),
    (clause("a", 'kind = "concern"', 'with = "gp_practice", area = "home", view = "full"'), "registered"),
    (clause("a", 'kind = "concern"', 'with = "school", area = "home", view = "full"'), "families choose"),
    (clause("a", 'kind = "concern"', 'with = "mash", area = "origin", view = "full"'), '"origin" is unclear'),
    (clause("a", 'kind = "handover"', MASH), '"home" is unclear in this clause: write one of origin, dest'),
    (clause("a", 'kind = "concern"', MASH + ", takes_responsibility = true"), "only a handover to somewhere"),
    (clause("a", 'kind = "concern"', MASH + ', acceptance = "1 day"'), '"acceptance" is owed only by'),
    (clause("a", 'kind = "concern"', MASH + ', ladder = "rope"'), "there is no [ladders.rope]"),
    (clause("a", 'kind = "concern"', MASH + ', call_first = "yes"'), "must be true or false"),
    (clause("a", 'kind = "concern"', MASH + ", receipt = 4"), '"receipt" must be text in quotes'),
    (clause("a", 'kind = "concern", category = []', MASH), "must be a list with something in it"),
    (clause("a", 'kind = "concern", category = "neglect"', MASH), "must be a list with something in it"),
    (clause("a", 'kind = "concern", category = ["neglect", "neglect"]', MASH), '"category" says "neglect" twice'),
    (clause("a", 'kind = "concern", category = [3]', MASH), '"category" cannot hold 3'),
    (clause("a", 'kind = "concern", child_mobile = true', MASH), "nobody can know that"),
    (clause("a", 'kind = "concern", adult_supervision = false', MASH), "nobody can know that"),
    (clause("a", 'kind = "concern", youngest_under = "a year"', MASH), "write an age as"),
    (clause("a", 'kind = "supervision", disengaged = false', MASH), "nobody can know that"),
    (clause("a", 'kind = "concern", asks = false', MASH), 'only a supervision tells or "asks"'),
    (clause("a", 'kind = "concern", involved = ["mash"]', MASH), 'only an involvement says who is "involved"'),
    (clause("a", 'kind = "concern", other_area = ["E08000025"]', MASH), "outbound or inbound"),
    (clause("a", 'kind = "concern", other_area = ["B66"]', MASH, direction="inbound"), "GSS code"),
    (clause("a", 'kind = "concern"', MASH, direction="sideways"), '"direction" cannot be "sideways"'),
    (clause("a", 'kind = "concern"', MASH, direction="untraced"), "only a family that is handed over"),
    (
        clause("a", 'kind = "handover"', 'with = "mash", area = "origin", view = "full", owes = { enquiry = "1 day" }'),
        "for a family that nobody can trace",
    ),
    (clause("a", 'category = ["neglect"]', MASH), '"kind" is missing'),
    (clause("a", 'kind = "concern"'), '"share" must be a list with something in it'),
    (clause("a", 'kind = "concern"', 'area = "home", view = "full"'), '"with" is missing'),
    ('[[clause]]\nid = "a"\nsays = "S."\nwhen = "always"\nshare = []\n', '"when" must be a table'),
    ('[[clause]]\nid = "a"\nsays = "S."\nwhen = { kind = "concern" }\nshare = ["mash"]\n', "must be a table"),
    (
        clause("a", 'kind = "handover", category = ["neglect"]', 'with = "mash", area = "origin", view = "full"'),
        'only a concern has a "category"',
    ),
    (
        clause("a", 'kind = "handover"', 'with = "mash", area = "destination", view = "full"', direction="untraced"),
        '"destination" is unclear in this clause: write one of origin, registered',
    ),
    (
        clause(
            "a",
            'kind = "handover"',
            'with = "mash", area = "destination", view = "full", takes_responsibility = true',
            'with = "police", area = "destination", view = "full", takes_responsibility = true',
        ),
        "only one can take the responsibility",
    ),
    (clause("a", 'kind = "concern"', MASH) + clause("a", 'kind = "concern"', MASH), 'there is a clause "a"'),
    ("clause = 3\n", '"clause" must be a list'),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "says"), WRONG, ids=[says for _, says in WRONG])
def test_faults_of_a_clause(wrong: str, says: str) -> None:
    source = head() + wrong + REST if wrong.startswith("clause =") else text(wrong)
    found = faults(source)
    assert any(says in told for _, _, told in found), found
    assert len(found) <= 3


def test_faults_of_the_rest() -> None:
    source = text(BRUISE).replace('sections = ["child", "household", "health"]', 'sections = ["soul"]')
    source = source.replace('tell = ["recipient.duty_lead"]', 'tell = ["the boss"]')
    source = source.replace("[views.full]", "[views.Full]").replace(
        'ladder = "standard"', 'ladder = "rope"', 1
    )
    source = source.replace('{ after = "8 hours", tell = ["partnership"] },', "")
    told = " ".join(says for _, _, says in faults(source))
    assert '"sections" cannot hold "soul"' in told
    assert '"tell" cannot hold "the boss"' in told
    assert 'not "Full"' in told
    assert '[usual] must name as "ladder" one of the [ladders]: standard, urgent' in told
    assert 'the ladder "urgent" must reach the "partnership"' in told


def test_only_who_has_signed_may_hear() -> None:
    ((_, line, says),) = faults(text(BRUISE, parties='["police"]'))
    assert (
        says == 'clause "bruise": mash is not among the "parties" of sandwell: only who has signed may hear'
    )
    assert line == line_of(text(BRUISE, parties='["police"]'), "share = ")


def test_a_moment_is_no_date() -> None:
    ((_, _, says),) = faults(text(effective="2026-01-01T09:00:00Z"))
    assert says == '"effective" must be a date without quotes, as 2026-04-01'


def test_what_nobody_asked_for_is_never_dropped_in_silence() -> None:
    ((_, line, says),) = faults('secret = "rule"\n' + text())
    assert (line, says) == (1, '"secret" means nothing here; take it out')


# -- including ------------------------------------------------------------------------------------------------


def test_a_file_stands_on_what_it_includes_and_replaces_by_name() -> None:
    common = REST + BRUISE + clause("more", 'kind = "concern"', MASH)
    own = (
        head()
        + 'include = ["common"]\n[usual]\nreceipt = "2 hours"\n'
        + clause("new", 'kind = "concern"', MASH)
        + clause("bruise", 'kind = "concern"', MASH)
    )
    protocol = parse(own, file="p.toml", include={"common": common})
    assert [one.id for one in protocol.clauses] == ["new", "bruise", "more"]
    assert protocol.clauses[1].says == "The clause bruise."
    assert protocol.limits[Owed.RECEIPT] == Limit.parse("2 hours")
    assert protocol.limits[Owed.ANSWER] == Limit.parse("2 working days")
    assert protocol.ladder == "standard"


def test_faults_of_an_included_file_are_named_by_that_file() -> None:
    common = REST + BRUISE.replace('"full"', '"ful"').replace('"concern"', '"cncern"')
    found = faults(head() + 'include = ["common"]\n', common=common)
    assert {file for file, _, _ in found} == {"common.toml"}
    assert {line for _, line, _ in found} == {line_of(common, "when ="), line_of(common, "share =")}


def test_a_part_may_not_say_what_only_a_protocol_may() -> None:
    found = faults(head() + 'include = ["common"]\n', common='title = "x"\n' + REST + BRUISE)
    assert found == [("common.toml", 1, '"title" means nothing here; take it out')]


def test_two_included_parts_do_not_hide_each_others_clauses() -> None:
    source = head() + 'include = ["common", "other"]\n'
    other = "[[clause]]\n" + BRUISE.split("[[clause]]\n", 1)[1]
    found = faults(source, common=REST + BRUISE, other=other)
    assert [message for *_, message in found] == [
        'common and other both give a clause "bruise": say it in this file, or rename one'
    ]
    assert parse(source + BRUISE, file="p.toml", include={"common": REST + BRUISE, "other": other})


def test_there_must_be_what_is_included() -> None:
    source = 'include = ["else"]\n' + text()
    assert faults(source, common=REST) == [("p.toml", 1, 'there is no "else" to include; there is common')]


# -- printing and the digest ----------------------------------------------------------------------------------


def test_what_is_printed_reads_the_same_and_includes_nothing() -> None:
    protocol = signed(BRUISE, clause("b", 'kind = "concern", youngest_under = "1 year"', MASH))
    again = parse(print_(protocol), file="again.toml")
    assert again == protocol
    assert again.digest == protocol.digest
    assert "include" not in print_(protocol)


def test_the_digest_is_of_what_is_said_and_not_of_the_layout() -> None:
    plain = signed()
    laid_out = re.sub(r"\n\n+", "\n# a remark\n\n", text()).replace(
        'share = [{ with = "mash", area = "home", view = "full", call_first = true, receipt = "1 hour" }]',
        '[[clause.share]]\nreceipt = "1 hour"\nview = "full"\nwith = "mash"\narea = "home"\ncall_first = true\n',
    )
    assert parse(laid_out, file="x.toml").digest == plain.digest
    assert re.fullmatch(r"[0-9a-f]{64}", plain.digest)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('receipt = "1 hour"', 'receipt = "2 hours"'),
        ("told to the MASH.", "told to the MASH!."),
        ('version = "1"', 'version = "2"'),
        ("call_first = true, ", ""),
        ('"household", "health"', '"household"'),
        ('check_back = "3 working days"', 'check_back = "4 working days"'),
        ('["bruising"]', '["bruising", "neglect"]'),
        ('after = "8 hours"', 'after = "9 hours"'),
    ],
)
def test_another_word_is_another_digest(old: str, new: str) -> None:
    assert old in text()
    assert parse(text().replace(old, new), file="x.toml").digest != signed().digest
