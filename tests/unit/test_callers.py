"""Credentials: a token proves one agency's system, is kept only as a hash, and ends when it is told to."""

from datetime import UTC, datetime, timedelta

import pytest

from agencies.callers import Caller, NotAToken, issue, matches, parse_token

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_a_token_leads_back_to_its_credential_and_matches_its_hash() -> None:
    credential, token = issue("sandwell-mash", now=NOW, label="liquidlogic")
    found, secret = parse_token(token)
    assert found == credential.id
    assert matches(credential.hash, secret)
    assert credential.caller == Caller(agency="sandwell-mash", credential=credential.id)


def test_the_credential_does_not_hold_the_secret() -> None:
    credential, token = issue("sandwell-mash", now=NOW)
    assert parse_token(token)[1] not in repr(credential)


def test_every_issue_is_another_credential_and_another_secret() -> None:
    tokens = {issue("sandwell-mash", now=NOW)[1] for _ in range(200)}
    assert len(tokens) == len({parse_token(token)[0] for token in tokens}) == 200


def test_another_credentials_secret_does_not_match() -> None:
    ours, _ = issue("sandwell-mash", now=NOW)
    _, theirs = issue("sandwell-mash", now=NOW)
    assert not matches(ours.hash, parse_token(theirs)[1])


@pytest.mark.parametrize("spoil", ["", "Bearer ", "cbk_", "cbk__", "cbk_0123456789abcdef_short", "☃" * 64])
def test_what_is_no_token_is_refused_without_being_repeated(spoil: str) -> None:
    with pytest.raises(NotAToken) as refusal:
        parse_token(spoil)
    assert "issue another" in str(refusal.value)
    assert "short" not in str(refusal.value)


@pytest.mark.parametrize("spoil", ["{}x", "x{}", "{}\n", " {}"])
def test_a_token_with_something_added_is_refused(spoil: str) -> None:
    _, token = issue("sandwell-mash", now=NOW)
    with pytest.raises(NotAToken):
        parse_token(spoil.format(token))


def test_a_second_spelling_of_the_same_bytes_is_refused() -> None:
    """Base64 leaves two bits over: without a canonical form a token would have four spellings."""
    _, token = issue("sandwell-mash", now=NOW)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for offset in (1, 2, 3):
        twin = token[:-1] + alphabet[alphabet.index(token[-1]) + offset]
        with pytest.raises(NotAToken):
            parse_token(twin)


def test_it_is_good_from_its_issue_until_it_expires() -> None:
    credential, _ = issue("sandwell-mash", now=NOW, expires=NOW + timedelta(days=90))
    assert not credential.is_good(NOW - timedelta(seconds=1))
    assert credential.is_good(NOW)
    assert credential.is_good(NOW + timedelta(days=90) - timedelta(microseconds=1))
    assert not credential.is_good(NOW + timedelta(days=90))


def test_without_an_expiry_it_stays_good() -> None:
    assert issue("sandwell-mash", now=NOW)[0].is_good(NOW + timedelta(days=3650))


def test_revoking_ends_it_at_once_and_the_first_revocation_stands() -> None:
    credential, _ = issue("sandwell-mash", now=NOW)
    revoked = credential.revoked(NOW + timedelta(hours=1))
    assert revoked.is_good(NOW + timedelta(minutes=59))
    assert not revoked.is_good(NOW + timedelta(hours=1))
    assert revoked.revoked(NOW + timedelta(days=1)) == revoked
    earlier = revoked.revoked(NOW + timedelta(minutes=5))
    assert not earlier.is_good(NOW + timedelta(minutes=5))


@pytest.mark.parametrize("expires", [NOW, NOW - timedelta(days=1)])
def test_it_cannot_be_issued_already_expired(expires: datetime) -> None:
    with pytest.raises(ValueError, match="later moment"):
        issue("sandwell-mash", now=NOW, expires=expires)
