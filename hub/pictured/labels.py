"""What people are called in a picture of which nobody's name is known: what they are to the child, and a letter where
there are several.
"""

from collections import Counter, defaultdict
from datetime import date

from hub.pictured.family import Family
from hub.pictured.rows import Person
from protocols.messages.people import Relation

_LABELS = {
    Relation.MOTHER: "Mother",
    Relation.FATHER: "Father",
    Relation.PARTNER: "Partner of a parent",
    Relation.STEP_PARENT: "Step-parent",
    Relation.SIBLING: "Sibling",
    Relation.GRANDPARENT: "Grandparent",
    Relation.OTHER_RELATIVE: "Relative",
    Relation.FOSTER_CARER: "Foster carer",
    Relation.OTHER_CARER: "Carer",
    Relation.OTHER_ADULT: "Adult",
    Relation.OTHER_CHILD: "Other child",
}
_ORDINARY = 2  # parents


def labelled(family: Family) -> dict[int, tuple[str, str]]:
    """Of everybody, by their number: what they are to the child, and how they are called."""
    plain = {ref: _plain(family, ref) for ref in family.people}
    several = {label for label, count in Counter(label for _, label in plain.values()).items() if count > 1}
    letters: dict[str, int] = defaultdict(int)
    found = {}
    for ref in sorted(plain):  # as they were first told of: a letter stays when more is told
        relation, label = plain[ref]
        if label in several:
            found[ref] = relation, f"{label} {_letter(letters[label])}"
            letters[label] += 1
        else:
            found[ref] = relation, label
    return found


def _letter(number: int) -> str:
    return (_letter(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)  # noqa: PLR2004


def _plain(family: Family, ref: int) -> tuple[str, str]:
    if ref == family.child:
        return "child", "The child"
    one = family.people[ref]
    if one.is_child:
        return _other_child(family, ref)
    row = one.newest
    if row.relation == Relation.SIBLING:
        return row.relation, _by_age(family, ref, "sibling")
    label = _LABELS.get(Relation(row.relation), "Adult")
    return (row.relation, label) if _is_of(family, row) else ("other_relative", f"{label} of a sibling")


def _is_of(family: Family, row: Person) -> bool:
    """Whether they are this to the child of the picture, and not to a brother or sister alone."""
    if row.of_children is None:
        return True
    mine = {told.place for told in family.people[family.child].rows if told.message == row.message}
    return not mine.isdisjoint(row.of_children)


def _other_child(family: Family, ref: int) -> tuple[str, str]:
    mine, theirs = set(family.parents[family.child]), set(family.parents[ref])
    if not mine & theirs:
        return "other_child", "Other child"
    half = len(mine) == len(theirs) == _ORDINARY and len(mine & theirs) == 1
    relation, word = ("half_sibling", "half-sibling") if half else ("sibling", "sibling")
    return relation, _by_age(family, ref, word)


def _by_age(family: Family, ref: int, word: str) -> str:
    one, child = family.people[ref], family.people[family.child]
    if one.newest.unborn:
        return f"Unborn {word}"
    if child.newest.unborn:
        return f"Older {word}"
    if one.born is None or child.born is None or one.born == child.born:
        return word.capitalize()
    return f"{'Older' if one.born < child.born else 'Younger'} {word}"


def age(born: date | None, today: date) -> str | None:
    """As a person would say it: "8 months" in the first two years, and then "7"."""
    if born is None or born > today:
        return None
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    if months < 1:
        return "under a month"
    if months < 24:  # noqa: PLR2004 - the first two years count by months
        return f"{months} month{'s' if months > 1 else ''}"
    return str(months // 12)
