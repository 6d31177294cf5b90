"""Tokens: whatever is presented, only what was issued is proved; nothing else raises more than NotAToken."""

from datetime import UTC, datetime

from hypothesis import assume, given
from hypothesis import strategies as st

from agencies.callers import NotAToken, issue, matches, parse_token

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CREDENTIAL, TOKEN = issue("sandwell-mash", now=NOW)
PLACES = st.integers(0, len(TOKEN) - 1)


def proves(presented: str) -> bool:
    try:
        credential, secret = parse_token(presented)
    except NotAToken:
        return False
    return credential == CREDENTIAL.id and matches(CREDENTIAL.hash, secret)


def test_what_was_issued_proves_itself() -> None:
    assert proves(TOKEN)


@given(PLACES, st.characters())
def test_no_token_with_one_character_changed_proves_anything(place: int, other: str) -> None:
    assume(TOKEN[place] != other)
    assert not proves(TOKEN[:place] + other + TOKEN[place + 1 :])


@given(st.one_of(st.text(), st.from_regex(r"cbk_[0-9a-f]{16}_[A-Za-z0-9_-]{43}", fullmatch=True)))
def test_nothing_else_proves_anything(presented: str) -> None:
    assume(presented != TOKEN)
    assert not proves(presented)
