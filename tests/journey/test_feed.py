"""What is read in order is never skipped, whichever transaction ends first."""

from uuid import UUID

from hub import journey
from hub.journey import WORKERS, Wanted
from hub.store import feed, shares
from tests.journey.world import OTHER, SENDER, TAKER, World


def test_a_slow_transaction_is_not_passed_by(world: World) -> None:
    message = world.accept()
    first, second = world.route(message, (TAKER, OTHER))
    for share in (first, second):
        world.hub_moves(share, "seal")
    with world.engine.connect() as slow:
        slow.begin()
        _send(world, slow, first)  # takes the lower transaction number, and dawdles
        world.hub_moves(second, "send")
        seen, cursor = _events(world, None)
        assert ("share.send", second) not in seen, (
            "what follows a transaction that is still running waits for it"
        )
        slow.commit()
    later, _ = _events(world, cursor)
    assert [one for one in later if one[0] == "share.send"] == [("share.send", first), ("share.send", second)]


def test_the_inbox_waits_for_older_transactions_as_well(world: World) -> None:
    _, (one,) = world.sent((TAKER,))
    message = world.accept()
    (two,) = world.route(message, (TAKER,))
    world.hub_moves(two, "seal")
    with world.engine.connect() as slow, world.engine.connect() as reader:
        slow.begin()
        _send(world, slow, two)
        page = feed.inbox(reader, TAKER, after=None, limit=10)
        assert [row.id for row in page] == [one]
        slow.commit()
        rest = feed.inbox(reader, TAKER, after=(page[-1].sent_tx, page[-1].id), limit=10)
        assert [row.id for row in rest] == [two]


def test_pages_join_without_a_gap_or_an_overlap(world: World) -> None:
    for _ in range(3):
        world.sent()
    whole, _ = _events(world, None)
    paged, cursor = [], None
    while True:
        page, cursor = _events(world, cursor, limit=4)
        paged += page
        if len(page) < 4:
            break
    assert paged == whole
    assert len(set(whole)) == len(whole)


def test_a_recipient_hears_of_its_own_shares_only(world: World) -> None:
    _, (taken, _) = world.sent()
    with world.engine.connect() as conn:
        heard = feed.events(conn, TAKER, after=None, limit=100)
    assert {(row.event, row.share_id) for row in heard} == {("share.send", taken)}


def _send(world: World, conn: object, share_id: UUID) -> None:
    share = shares.lock(conn, [share_id])[share_id]  # type: ignore[arg-type]
    journey.move(conn, [(Wanted(share_id, "send", WORKERS), share)], known=world.known, at=world.tick())  # type: ignore[arg-type]


def _events(
    world: World, after: tuple[int, int] | None, limit: int = 100
) -> tuple[list[tuple[str, UUID]], tuple[int, int] | None]:
    with world.engine.connect() as conn:
        rows = feed.events(conn, SENDER, after=after, limit=limit)
    return [(row.event, row.share_id or row.message_id) for row in rows], (
        rows[-1].tx,
        rows[-1].id,
    ) if rows else after
