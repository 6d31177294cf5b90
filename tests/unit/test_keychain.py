"""What an agency opens, whom it believes, and how its inbox empties."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from agencies import wire
from agencies.client import AsyncCheckback, Checkback, Keychain
from agencies.keys import generate_seal_key, generate_sign_key
from agencies.seal import CannotOpen, Context, Why, seal
from tests.unit.fake_hub import Asked, FakeHub, Says
from tests.unit.waiting import TOKEN, Waiting

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
SHARE = UUID("0199a0c0-0000-7000-8000-000000000002")
MESSAGE = UUID("0199a0c0-0000-7000-8000-000000000001")


AGENCY = "sandwell-0-19"
OWN, OLD = generate_seal_key(), generate_seal_key()
WORKERS, WEB = generate_sign_key(), generate_sign_key()
KEYS = Keychain(
    agency=AGENCY,
    own=(OWN, OLD),
    share_signers=(WORKERS.public,),
    note_signers=(WEB.public,),
    hub="hub.example",
)
CONTENTS = {"situation": [{"fact": "Seen at clinic"}]}


def context(**changes: Any) -> Context:  # noqa: ANN401 - any field
    told: dict[str, Any] = {
        "hub": "hub.example",
        "purpose": "share",
        "message": MESSAGE,
        "share": SHARE,
        "recipient": AGENCY,
        "protocol": "ab" * 32,
        "view": "full",
    }
    return Context(**(told | changes))


def envelope(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    sealing: dict[str, Any] = {"payload": json.dumps(CONTENTS).encode(), "signer": WORKERS, "to": OWN.public}
    sealing |= {name: changes.pop(name) for name in sealing.keys() & changes.keys()}
    return seal(**sealing, context=context(**changes))


def item(share: UUID = SHARE, **changes: Any) -> wire.InboxItem:  # noqa: ANN401 - any field
    return wire.InboxItem(
        share=share,
        message=MESSAGE,
        sender="birmingham-0-19",
        kind="handover",
        sent_at=NOON,
        deadlines=(),
        envelope=envelope(**({"share": share} | changes)),
    )


class HubWithInbox(FakeHub):
    """Shows what is not received yet, as the real one does."""

    def __init__(self, items: list[wire.InboxItem]) -> None:
        super().__init__()
        self.items = {one.share: one for one in items}

    def says(self, asked: Asked) -> Says:
        if asked.method == "GET":
            return Says(200, wire.Inbox(shares=tuple(self.items.values())[:2], next=None))
        given = wire.Received.model_validate_json(asked.body).shares
        moved = [
            wire.ReceivedOne(share=one, state="received", moved=bool(self.items.pop(one))) for one in given
        ]
        return Says(200, wire.ReceivedAll(shares=tuple(moved)))


@pytest.mark.parametrize("make", [Checkback, AsyncCheckback])
def test_the_inbox_marks_what_the_loop_is_through_with(make: type[Checkback | AsyncCheckback]) -> None:
    shares = [UUID(int=SHARE.int + n) for n in range(5)]
    with HubWithInbox([item(share) for share in shares]) as hub:
        client = Waiting(make, hub.url, KEYS)
        found = client.first_of_inbox(4)
        assert [one.share for one in found] == shares[:4]
        assert client.hub.keys.open_share(found[0]) == CONTENTS
        # The fourth was still in the loop's hands when the loop stopped.
        assert list(hub.items) == shares[3:]
        client.close()


def test_a_rotated_key_still_opens() -> None:
    assert KEYS.open_share(item(to=OLD.public)) == CONTENTS


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"signer": WEB}, Why.UNKNOWN_SIGNER),  # the web process cannot make a share
        ({"signer": None}, Why.NOT_SIGNED),
        ({"to": generate_seal_key().public}, Why.WRONG_KEY),
        ({"recipient": "camden-0-19"}, Why.WRONG_CONTEXT),
        ({"message": SHARE}, Why.WRONG_CONTEXT),
        ({"hub": "another.example"}, Why.WRONG_CONTEXT),
        ({"purpose": "copy"}, Why.WRONG_CONTEXT),
        ({"payload": b"[]"}, Why.MALFORMED),
        ({"payload": b"\xff"}, Why.MALFORMED),
    ],
)
def test_what_a_keychain_does_not_believe(changes: dict[str, Any], expected: Why) -> None:
    with pytest.raises(CannotOpen) as caught:
        KEYS.open_share(item(**changes))
    assert caught.value.why == expected


def test_notes_and_copies() -> None:
    note_id = UUID(int=7)
    told = {
        "payload": json.dumps({"answer": "yes"}).encode(),
        "signer": WEB,
        "purpose": "note",
        "note": note_id,
    }
    note = wire.Note(id=note_id, kind="answer", by="x", at=NOON, envelope=envelope(**told))
    share = _share()
    assert KEYS.open_note(note, of=share) == {"answer": "yes"}
    with pytest.raises(CannotOpen):
        KEYS.open_note(note.model_copy(update={"id": SHARE}), of=share)
    with pytest.raises(CannotOpen, match="no envelope"):
        KEYS.open_share(share)
    grid = _grid(envelope(purpose="copy", share=None))
    assert KEYS.open_copy(grid) == CONTENTS


def test_a_keychain_is_kept_in_a_file() -> None:
    told = json.loads(json.dumps(KEYS.told()))
    assert Keychain.read(told) == KEYS
    for wrong in ({}, {k: told[k] for k in told if k != "own"}, told | {"own": 3}):
        with pytest.raises(ValueError, match="keychain"):
            Keychain.read(wrong)


def test_without_a_keychain_nothing_opens() -> None:
    with Checkback("http://127.0.0.1:1", TOKEN) as hub, pytest.raises(ValueError, match="keychain"):
        _ = hub.keys


def test_a_token_does_not_travel_in_the_clear() -> None:
    with pytest.raises(ValueError, match="https"):
        Checkback("http://hub.example", TOKEN)
    with Checkback("http://hub.internal:8000", TOKEN, allow_http=True):
        pass


def _share() -> wire.Share:
    return wire.Share(
        id=SHARE,
        message=MESSAGE,
        sender="birmingham-0-19",
        recipient=AGENCY,
        kind="handover",
        state="received",
        since=NOON,
        view="full",
        protocol="sandwell",
        protocol_version="2026.1",
        clauses=("move-in",),
        call_first=False,
        takes_responsibility=True,
        deadlines=(),
        case_reference=None,
        redirected_to=None,
        envelope=None,
        thread=(),
    )


def _grid(copy: dict[str, Any]) -> wire.Grid:
    return wire.Grid(
        id=MESSAGE,
        kind="handover",
        version=1,
        state="routed",
        accepted_at=NOON,
        closed_at=None,
        protocol="sandwell",
        shares=(),
        decisions=(),
        responsibility=None,
        owed=(),
        copy_envelope=copy,
    )
