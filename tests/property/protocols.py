"""Any protocol that may be signed, drawn by Hypothesis: for tests that must hold of all of them."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from protocols.conditions import Age, Plan, When
from protocols.deadlines import Limit, Unit
from protocols.owing import ENQUIRY, RESERVED, By, Start
from protocols.parse_clause import AREAS_OF, CHOSEN, NAMED
from protocols.protocol import Clause, Direction, Grant, Kept, Ladder, Owed, Protocol, Stage, Step
from protocols.vocabulary import (
    ABOUT_NO_CHILD,
    KEPT,
    NAMES_A_DAY,
    Area,
    Category,
    Change,
    Ground,
    Kind,
    Role,
    Section,
    Urgency,
    View,
    Withheld,
)
from protocols.watches import Across, Counting, Waiting, Watch

# Any text that a person could type, with what is special to TOML more often than chance has it.
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]) | st.sampled_from("\"'\\#[]{}=,\n\r\t\x7f"),
    min_size=1,
).filter(str.strip)
SLUGS = st.from_regex(r"[a-z0-9]{1,4}(-[a-z0-9]{1,4}){0,2}", fullmatch=True)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
GSS = st.from_regex(r"E0[689]00000[0-9]", fullmatch=True)
LIMITS = st.builds(Limit, st.integers(0, 999), st.sampled_from(Unit))
AGES = st.builds(Age, st.integers(0, 999), st.sampled_from(["day", "week", "month", "year"]))
DUTIES = st.from_regex(r"[a-z][a-z0-9_]{2,8}", fullmatch=True).filter(lambda name: name not in RESERVED)
AT_HOME = "in_own_house"  # a ladder inside the sender's own agency; longer than the other names
OWN_TARGETS = st.sampled_from(["sender.duty_lead", "sender.deputy", "sender.safeguarding_lead"])
TARGETS = st.sampled_from(["recipient.duty_lead", "sender.safeguarding_lead", "partnership", "sender.deputy"])


def few(values: Any, *, least: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:  # noqa: ANN401 - an enum or a strategy
    drawn = values if isinstance(values, st.SearchStrategy) else st.sampled_from(list(values))
    return st.lists(drawn, unique=True, min_size=least, max_size=3).map(tuple)


def bys(kind: Kind) -> st.SearchStrategy[By]:
    limited = st.builds(By, LIMITS, start=st.sampled_from(Start))
    named = st.builds(By, st.none() | LIMITS, named_day=st.just(True))  # noqa: FBT003 - a strategy's value
    return limited | named if kind in NAMES_A_DAY else limited


@st.composite
def views(draw: st.DrawFn) -> View:
    return View(
        draw(NAMES), frozenset(draw(few(Section, least=1))), frozenset(draw(st.sets(st.sampled_from(Withheld))))
    )  # fmt: skip


@st.composite
def ladders(draw: st.DrawFn) -> Ladder:
    steps = draw(st.lists(st.builds(Step, LIMITS, few(TARGETS, least=1)), max_size=3))
    return Ladder(draw(NAMES), (*steps, Step(draw(LIMITS), ("partnership",))))


@st.composite
def at_home(draw: st.DrawFn) -> Ladder:
    return Ladder(
        AT_HOME, tuple(draw(st.lists(st.builds(Step, LIMITS, few(OWN_TARGETS, least=1)), min_size=1)))
    )


@st.composite
def keepings(draw: st.DrawFn, kind: Kind) -> Kept:
    from_sending = bys(kind).filter(lambda by: by.start is Start.SENDING)
    names = DUTIES.filter(lambda name: name != ENQUIRY)
    return Kept(owes=draw(st.dictionaries(names, from_sending, min_size=1, max_size=2)), ladder=AT_HOME)


@st.composite
def whens(draw: st.DrawFn, direction: Direction, kind: Kind) -> When:
    crosses = direction in {Direction.OUTBOUND, Direction.INBOUND}
    return When(
        kind=kind,
        sender=draw(few(Role)),
        category=draw(few(Category)) if kind is Kind.CONCERN else (),
        urgency=draw(few(Urgency)),
        plan=draw(few(Plan)),
        change=draw(few(Change)) if kind is Kind.PLAN_CHANGE else (),
        ground=draw(few(Ground)) if kind is Kind.NOT_SHARING else (),
        adult_services=draw(few(Role)),
        other_area=draw(few(GSS)) if crosses else (),
        child_mobile=draw(st.sampled_from([None, False])),
        unborn=draw(st.sampled_from([None, False, True])),
        gp_registered=draw(st.sampled_from([None, False, True])),
        adult_supervision=draw(st.sampled_from([None, True])),
        involved=draw(few(Role)) if kind is Kind.INVOLVEMENT else (),
        asks=draw(st.sampled_from([None, False, True])) if kind is Kind.SUPERVISION else None,
        disengaged=draw(st.sampled_from([None, True])) if kind is Kind.SUPERVISION else None,
        pregnant_from=draw(st.none() | AGES),
        youngest_under=draw(st.none() | AGES),
        oldest_from=draw(st.none() | AGES),
    )


@st.composite
def grants(draw: st.DrawFn, direction: Direction, kind: Kind, names: tuple[list[str], list[str]]) -> Grant:
    areas = AREAS_OF[kind] if direction is not Direction.UNTRACED else (Area.ORIGIN, Area.REGISTERED)
    role = draw(st.sampled_from(Role))
    lends = kind is Kind.READ_GRANT
    limits = {owed: draw(LIMITS) for owed in draw(few([one for one in Owed if one is not Owed.ACCEPTANCE]))}
    return Grant(
        role=role,
        area=draw(st.sampled_from([one for one in areas if role not in CHOSEN or one in NAMED])),
        view=draw(st.sampled_from(names[0])),
        call_first=draw(st.booleans()),
        if_named=draw(st.booleans()),
        limits=limits,
        owes=draw(st.dictionaries(DUTIES, bys(kind), max_size=2)),
        ladder=draw(st.none() | st.sampled_from(names[1])),
        reads=draw(st.sampled_from(names[0])) if lends else None,
        read_for=draw(LIMITS) if lends else None,
    )


@st.composite
def clauses(draw: st.DrawFn, id_: str, names: tuple[list[str], list[str]]) -> Clause:
    kind = draw(st.sampled_from(Kind))
    handed, others = {Direction.ANYWHERE}, {Direction.UNTRACED}  # what there is not
    directions = [one for one in Direction if one not in (handed if kind is Kind.HANDOVER else others)]
    if kind in ABOUT_NO_CHILD | KEPT:
        directions = [Direction.WITHIN]
    direction = draw(st.sampled_from(directions))
    if kind in KEPT:
        when = draw(whens(direction, kind))
        kept, says = draw(keepings(kind)), draw(WORDS) + "."
        return Clause(id=id_, says=says, direction=direction, when=when, share=(), kept=kept)
    share = draw(
        st.lists(
            grants(direction, kind, names),
            min_size=1,
            max_size=4,
            unique_by=lambda grant: (grant.role, grant.area),
        )
    )
    if kind is Kind.HANDOVER and direction is not Direction.UNTRACED and draw(st.booleans()):
        share[0] = Grant(**{**vars(share[0]), "takes_responsibility": True})
    return Clause(
        id=id_,
        says=draw(WORDS) + ".",
        direction=direction,
        when=draw(whens(direction, kind)),
        share=tuple(share),
    )


def common_of(clause: Clause, id_: str, ladders: list[str]) -> dict[str, st.SearchStrategy[Any]]:
    """Of a watch: only those who are told of such messages can owe anything about them."""
    return {
        "id": st.just(id_),
        "says": WORDS.map(lambda words: words + "."),
        "what": DUTIES,
        "limit": LIMITS,
        "by": few([grant.role for grant in clause.share], least=1).map(
            lambda roles: tuple(dict.fromkeys(roles))
        ),
        "ladder": st.none() | st.sampled_from(ladders),
    }


@st.composite
def watches(draw: st.DrawFn, id_: str, clause: Clause, ladders: list[str]) -> Watch:
    common = common_of(clause, id_, ladders)
    kind = clause.when.kind
    if draw(st.booleans()):
        counting: Counting = draw(
            st.builds(
                Counting, **common, kind=st.just(kind), within=AGES.filter(lambda age: age.in_days > 0),
                across=st.sampled_from(Across), threshold=st.integers(1, 99),
                weights=st.dictionaries(st.sampled_from(Plan), st.integers(1, 99)),
            )
        )  # fmt: skip
        return counting
    of_a_child = [one for one in Kind if one not in ABOUT_NO_CHILD | KEPT and one is not kind]
    begins = draw(st.lists(st.sampled_from(of_a_child), max_size=2, unique=True))
    waited = [one for one in of_a_child if one not in begins]
    waiting: Waiting = draw(
        st.builds(
            Waiting, **common, kind=st.sampled_from(waited), begins=st.just((kind, *begins)), until=AGES
        )
    )  # fmt: skip
    return waiting


@st.composite
def stages(draw: st.DrawFn, some_ladders: list[str]) -> tuple[Stage, ...]:
    names = draw(st.lists(DUTIES, unique=True, max_size=4))
    return tuple(
        Stage(
            name=name,
            between=draw(few(TARGETS, least=1)),
            answer=draw(LIMITS),
            ladder=draw(st.none() | st.sampled_from(some_ladders)),
            binds=name == names[-1],
        )
        for name in names
    )


@st.composite
def protocols(draw: st.DrawFn, area: str | None = None) -> Protocol:
    some_views = draw(st.lists(views(), min_size=1, max_size=3, unique_by=lambda view: view.name))
    some_ladders = draw(st.lists(ladders(), min_size=1, max_size=2, unique_by=lambda ladder: ladder.name))
    names = [view.name for view in some_views], [ladder.name for ladder in some_ladders]
    effective = draw(st.dates(date(2000, 1, 1), date(2090, 1, 1)))
    some_clauses = tuple(
        draw(clauses(id_, names)) for id_ in draw(st.lists(SLUGS, min_size=1, max_size=5, unique=True))
    )
    watched = [one for one in some_clauses if one.when.kind not in ABOUT_NO_CHILD | KEPT]
    home = [draw(at_home())] if any(one.kept for one in some_clauses) or draw(st.booleans()) else []
    taken = {one.id for one in some_clauses}
    return Protocol(
        id=draw(SLUGS),
        title=draw(WORDS),
        version=draw(st.from_regex(r"[0-9]{4}\.[0-9]{1,2}", fullmatch=True)),
        area=area or draw(GSS),
        effective=effective,
        review_by=draw(st.dates(date(2090, 1, 2))),
        lawful_basis=draw(few(WORDS.filter(lambda text: "\n" not in text and "\r" not in text), least=1)),
        parties=tuple(draw(st.permutations(list(Role)))),
        limits={owed: draw(LIMITS) for owed in Owed},
        ladder=draw(st.sampled_from(names[1])),
        views={view.name: view for view in some_views},
        ladders={ladder.name: ladder for ladder in (*some_ladders, *home)},
        stages=draw(stages(names[1])),
        clauses=some_clauses,
        watches=tuple(
            draw(watches(id_, draw(st.sampled_from(watched)), names[1]))
            for id_ in draw(st.lists(SLUGS.filter(lambda id_: id_ not in taken), max_size=2, unique=True))
            if watched
        ),
    )  # fmt: skip
