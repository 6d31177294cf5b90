"""Whatever was sent, by whatever views, to whomever: a picture shows nothing that is not in some share of the caller's.

The oracle is `minimise`: what the caller's own copies hold. Messages are made of a small family that is told of again
and again, wholly or in part, so that people and services meet from several messages.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from xml.dom import minidom

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agencies import pictures
from agencies.directory import shipped as directory
from agencies.wire.pictures import Ecomap, Genogram, Pictured, ToldIn
from hub import pictured
from hub.pictured import Person, Service, age
from hub.reading import families as reading
from hub.records import Records
from hub.store.families import Grant
from hub.store.messages import Message as Row
from protocols.messages import Message, read
from protocols.minimise import minimise
from protocols.vocabulary import Section, View, Withheld
from tests.examples import NOW, example
from workers import families as rows_of

RECORDS = Records(b"r" * 32)
KNOWN: Any = SimpleNamespace(directory=directory())
CHILD = UUID("11111111-1111-4111-8111-111111111111")
SENDERS = ("sandwell-0-19", "sandwell-gp-1", "sandwell-probation")
NAMES = (
    "household-two-fathers",
    "involvement-early-help",
    "supervision-does-not-engage",
    "concern-probation-think-family",
)
BASE = {name: example(name) for name in NAMES}
CHILDREN = BASE["household-two-fathers"]["children"]
MEMBERS = [
    {"role": "mother", "name": "Leanne Corbett", "date_of_birth": "1994-02-11", "nhs_number": "9990000301"},
    {"role": "father", "name": "Dean Marsh", "date_of_birth": "1991-07-19"},
    {"role": "father", "name": "Craig Hodge", "nhs_number": "9990000328"},
    {"role": "father", "unknown_because": "She did not wish to say."},
    {"role": "partner", "name": "Rob Tate"},
    {"role": "grandparent", "name": "Sandra Corbett", "date_of_birth": "1961-01-30"},
    {"role": "sibling", "name": "Kayleigh Marsh", "date_of_birth": "2008-08-08"},
]
LIVES = ("yes", "no", "sometimes", "not_known")
ENGAGES = ("yes", "partly", "no", "not_known")
AGENCIES = ("sandwell-mash", "sandwell-school-1", "sandwell-adult-social-care", None)

days = st.dates(date(2018, 1, 1), date(2026, 4, 15)).map(date.isoformat)
views = st.builds(
    View,
    name=st.just("some"),
    sections=st.frozensets(st.sampled_from(Section)).map(lambda some: some | {Section.CHILD}),
    withhold=st.frozensets(st.sampled_from(Withheld)),
)


@st.composite
def members(draw: st.DrawFn, children: int, *, ties: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        dict(one) for one in draw(st.lists(st.sampled_from(MEMBERS), min_size=1, max_size=6))
    ]
    numbers: set[str] = set()
    for place, one in enumerate(found):
        one["lives_there"] = draw(st.sampled_from(LIVES))
        if one.get("nhs_number") in numbers:
            del one["nhs_number"]
        numbers.add(one.get("nhs_number", ""))
        if not ties:
            continue
        if draw(st.booleans()):
            one["of_children"] = draw(st.lists(st.integers(0, children - 1), max_size=children))
        other = draw(st.integers(0, len(found) - 1))
        if other < place and one["role"] != "sibling" and found[other]["role"] != "sibling":
            one |= {"couple_with": other, "couple": draw(st.sampled_from(("together", "apart", "not_known")))}
        if one["lives_there"] == "no" and draw(st.booleans()):
            one[draw(st.sampled_from(("left_on", "died_on")))] = draw(days)
    return [*found, {"role": "partner", "unknown_because": "Nobody asked him.", "lives_there": "not_known"}]


@st.composite
def raws(draw: st.DrawFn) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads(json.dumps(BASE[draw(st.sampled_from(sorted(BASE)))]))
    others = draw(st.lists(st.sampled_from(CHILDREN[:2]), unique_by=lambda one: one["name"], max_size=2))
    raw["children"] = draw(st.permutations([CHILDREN[2], *others]))
    raw["household"] = draw(members(len(raw["children"]), ties=raw["kind"] == "household"))
    if raw["kind"] == "household":
        raw["as_of"] = "2026-04-15"
    if raw["kind"] == "involvement":
        raw["involvement"] = draw(involvements(len(raw["children"]), len(raw["household"])))
        raw["work"] = [
            {"of": place, "does": "Visits.", "engages": draw(st.sampled_from(ENGAGES))}
            for place in range(len(raw["involvement"]))
            if draw(st.booleans())
        ]
    if raw["kind"] == "supervision":
        raw["supervised"] = 0
        raw["household"][0] |= {"name": "Craig Hodge"}
        raw["household"][0].pop("unknown_because", None)
    if draw(st.booleans()):
        raw["address"] |= {"restricted": True, "restricted_because": "Her brother must not learn it."}
    return raw


@st.composite
def involvements(draw: st.DrawFn, children: int, household: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    told: set[tuple[Any, ...]] = set()
    for number in range(draw(st.integers(1, 4))):
        since = draw(st.dates(date(2024, 1, 1), date(2026, 4, 15)))
        with_child = draw(st.booleans())
        one: dict[str, Any] = {
            "role": draw(st.sampled_from(("mash", "school", "adult_social_care", "early_help"))),
            "since": (since - timedelta(days=number)).isoformat(),
            "child" if with_child else "member": draw(
                st.integers(0, (children if with_child else household) - 1)
            ),
        }
        agency = draw(st.sampled_from(AGENCIES))
        if agency is not None:
            one["agency"] = agency
        if draw(st.booleans()):
            one["until"] = draw(st.dates(since, date(2026, 4, 15))).isoformat()
        if (one["role"], one.get("agency"), one.get("child"), one.get("member"), one["since"]) not in told:
            found.append(one)
        told.add((one["role"], one.get("agency"), one.get("child"), one.get("member"), one["since"]))
    return found


@dataclass(frozen=True)
class Sent:
    message: Message
    row: Row
    grant: Grant
    copy: Mapping[str, Any]  # what the caller holds of it


@st.composite
def sendings(draw: st.DrawFn) -> list[Sent]:
    found = []
    for number in range(draw(st.integers(1, 4))):
        message = read(draw(raws()), now=NOW)
        row: Any = SimpleNamespace(
            id=UUID(int=number + 1),
            sender=draw(st.sampled_from(SENDERS)),
            accepted_at=NOW + timedelta(minutes=number),
        )
        view = draw(st.none() | views)
        if view is None:
            found.append(Sent(message, row, Grant(None), message.model_dump(mode="json", exclude_none=True)))
        else:
            grant = Grant(
                frozenset(map(str, view.sections)), frozenset(map(str, view.withhold)), UUID(int=99 + number)
            )
            found.append(Sent(message, row, grant, minimise(message, view)))
    return found


def who(sent: Sequence[Sent]) -> dict[tuple[UUID, str, int], UUID]:
    """Everybody who has a number is told apart by it, in whatever message."""
    found = {}
    for one in sent:
        raw = one.message.model_dump(mode="json")
        for part in ("children", "household"):
            for place, person in enumerate(raw.get(part) or ()):
                if person.get("nhs_number"):
                    found[one.row.id, part, place] = UUID(int=int(person["nhs_number"]))
    return found


def drawn(sent: Sequence[Sent]) -> tuple[Genogram, Ecomap]:
    told = who(sent)
    people: list[Person] = []
    services: list[Service] = []
    for one in sent:
        kin = [
            SimpleNamespace(**row, kind=one.message.kind)
            for row in rows_of.kin(one.row, one.message, RECORDS)
        ]
        people += [
            reading.person(row, one.grant, told, RECORDS)
            for row in kin
            if one.grant.shows(Section.CHILD if row.part == "children" else Section.HOUSEHOLD)
        ]
        services += [
            reading.service(row, one.grant)
            for told_of in rows_of.involved(one.row, one.message, KNOWN)
            if reading.shows(row := SimpleNamespace(**told_of, sender=one.row.sender), one.grant)
        ]
    index = UUID(int=int(CHILDREN[2]["nhs_number"]))
    at = datetime(2026, 4, 15, 12, tzinfo=UTC)
    return (
        pictured.genogram(people, child=CHILD, index=index, at=at),
        pictured.ecomap(people, services, child=CHILD, index=index, at=at, name_of=lambda _: None),
    )


def held(sent: Sequence[Sent], told: ToldIn) -> dict[str, Any]:
    """What stands in the caller's own copy at that place; it fails where nothing stands there."""
    copies = {one.row.id: one.copy for one in sent}
    inside: Any = copies[told.message]
    for step in told.place.split("."):
        inside = inside[int(step)] if isinstance(inside, list) else inside[step]
    found: dict[str, Any] = inside
    return found


@given(sendings())
@settings(max_examples=150, deadline=None)
def test_everybody_in_a_picture_stands_in_a_copy_of_the_callers(sent: list[Sent]) -> None:
    for picture in drawn(sent):
        for person in picture.people:
            _is_told(person, [held(sent, told) for told in person.told])


def _is_told(person: Pictured, entries: Sequence[Mapping[str, Any]]) -> None:
    assert person.lives_there in {one.get("lives_there", person.lives_there) for one in entries}
    sexes = {one.get("sex") for one in entries}
    sexes |= {{"mother": "female", "father": "male"}.get(one.get("role", "")) for one in entries}
    assert person.sex is None or person.sex in sexes
    for name in ("since", "left_on", "died_on"):
        value = getattr(person, name)
        assert value is None or str(value) in {one.get(name) for one in entries}, name
    born = {date.fromisoformat(one["date_of_birth"]) for one in entries if one.get("date_of_birth")}
    assert person.age is None or person.age in {age(day, date(2026, 4, 15)) for day in born}
    assert not person.nameless or all("name" not in one for one in entries)
    if len(entries) > 1:  # said to be one person: by what the caller was shown
        assert len({one.get("nhs_number") for one in entries}) == 1
        assert entries[0]["nhs_number"]


@given(sendings())
@settings(max_examples=150, deadline=None)
def test_every_tie_of_a_family_stands_in_a_copy_of_the_callers(sent: list[Sent]) -> None:
    family, _ = drawn(sent)
    places = {one.ref: {(told.message, told.place) for told in one.told} for one in family.people}
    for couple in family.couples:
        told = {
            frozenset(
                {(one.row.id, f"household.{place}"), (one.row.id, f"household.{member['couple_with']}")}
            )
            for one in sent
            for place, member in enumerate(one.copy.get("household") or ())
            if member.get("couple_with") is not None and member.get("couple", "not_known") == couple.how
        }
        assert any(pair <= places[couple.a] | places[couple.b] for pair in told)
    for descent in family.descents:
        messages = [{message for message, _ in places[ref]} for ref in (descent.child, *descent.parents)]
        together = set.intersection(*messages)
        assert any("household" in one.copy for one in sent if one.row.id in together)


@given(sendings())
@settings(max_examples=150, deadline=None)
def test_every_service_stands_in_a_copy_of_the_callers(sent: list[Sent]) -> None:
    _, around = drawn(sent)
    senders = {one.row.id: one.row.sender for one in sent}
    copies = {one.row.id: json.dumps(one.copy) for one in sent}
    people = {one.ref for one in around.people}
    for agency in around.agencies:
        for tie in agency.ties:
            assert tie.to is None or tie.to in people
            if tie.relation is not None:
                assert any(f'"role": "{tie.relation}"' in copies[told.message] for told in tie.told)
            entries = [held(sent, told) for told in tie.told]
            if agency.agency is not None and agency.role != "gp_practice":
                assert any(
                    f'"{agency.agency}"' in copies[told.message] or agency.agency == senders[told.message]
                    for told in tie.told
                )
            for name in ("since", "until"):
                value = getattr(tie, name)
                assert value is None or str(value) in {one.get(name) for one in entries}, name
            if tie.engages is not None:
                assert any(f'"engages": "{tie.engages}"' in copies[told.message] for told in tie.told)


@given(sendings(), st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_a_smaller_view_never_shows_more_people_or_services(sent: list[Sent], which: int) -> None:
    assume(which < len(sent))
    one = sent[which]
    narrow = View("some", frozenset({Section.CHILD}), frozenset(Withheld))
    less = replace(
        one,
        grant=Grant(frozenset({"child"}), frozenset(map(str, Withheld))),
        copy=minimise(one.message, narrow),
    )
    before, after = drawn(sent), drawn([less if other is one else other for other in sent])
    for wide, small in ((before[0], after[0]), (before[1], after[1])):
        seen = {(told.message, told.place) for person in wide.people for told in person.told}
        # Of that message no more is drawn. What an older one says may come to light: it was shown as well.
        drawn_of_it = {
            (told.message, told.place)
            for person in small.people
            for told in person.told
            if told.message == one.row.id
        }
        assert drawn_of_it <= seen


@given(sendings(), st.booleans(), st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_whatever_a_name_holds_the_picture_is_sound(sent: list[Sent], narrow: bool, name: str) -> None:  # noqa: FBT001
    family, around = drawn(sent)
    for picture, svg in (
        (family, pictures.genogram(family, dict.fromkeys((one.ref for one in family.people), name))),
        (around, pictures.ecomap(around, {around.index: name}, width=360 if narrow else 760)),
    ):
        document = minidom.parseString(svg)  # noqa: S318 - our own picture: whether it is well-formed is the point
        (root,) = document.getElementsByTagName("svg")
        assert root.getAttribute("role") == "img"
        assert document.getElementsByTagName("title")
        assert document.getElementsByTagName("desc")
        assert not document.getElementsByTagName("script")
        ids = [one.getAttribute("id") for one in document.getElementsByTagName("g")]
        shown = picture.people if picture is family else around.agencies
        assert ids == [one.ref for one in shown]
