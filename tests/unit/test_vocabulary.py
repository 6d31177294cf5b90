"""Views combine, and combining never uncovers what a view covers."""

from protocols.vocabulary import STANDS_IN, Section, View, Withheld

ADDRESS = View(
    "address", frozenset({Section.CHILD, Section.ADDRESS}), frozenset({Withheld.RESTRICTED_ADDRESS})
)
SILENT = View("silent", frozenset({Section.CHILD, Section.HEALTH}))
OPEN = View("open", frozenset({Section.ADDRESS}))
RAISED_BY = View("raised_by", frozenset({Section.PRACTITIONER}), frozenset({Withheld.REFERRER_IDENTITY}))


def test_what_both_allow() -> None:
    both = ADDRESS.intersect(SILENT)
    assert both == View(
        "address+silent", frozenset({Section.CHILD}), frozenset({Withheld.RESTRICTED_ADDRESS})
    )


def test_what_either_allows() -> None:
    assert ADDRESS.widen(OPEN) == View("address|open", frozenset({Section.CHILD, Section.ADDRESS}))


def test_a_view_that_is_silent_on_the_address_does_not_uncover_it() -> None:
    assert ADDRESS.widen(SILENT).withhold == {Withheld.RESTRICTED_ADDRESS}
    assert SILENT.widen(ADDRESS).withhold == {Withheld.RESTRICTED_ADDRESS}


def test_a_view_that_is_open_in_one_section_does_not_uncover_another() -> None:
    situation = View("situation", frozenset({Section.SITUATION}))
    assert RAISED_BY.widen(situation).withhold == {Withheld.REFERRER_IDENTITY}
    everywhere = View("all", frozenset(Section))
    assert RAISED_BY.widen(situation).widen(everywhere).withhold == frozenset()


def test_a_view_combined_with_itself_is_itself() -> None:
    assert ADDRESS.widen(ADDRESS) == ADDRESS.intersect(ADDRESS) == ADDRESS


def test_everything_that_can_be_withheld_stands_somewhere() -> None:
    assert set(STANDS_IN) == set(Withheld)
    assert all(STANDS_IN.values())
