"""The whole line in one walk."""

from tests.workers.town import Town


def test_a_handover_goes_the_whole_way(town: Town) -> None:
    message = town.send()
    walked = town.drain()
    assert walked.routed == 1
    assert walked.sealed == 1
    states = town.states(message)
    assert states["birmingham-0-19"] == "sent"
    assert set(states.values()) == {"sent"}
    assert walked.delivered == len(states)
    assert town.state(message) == "routed"
    assert town.outbox() == []
    for agency, share in town.shares(message).items():
        told = town.opened(agency, share.envelope)
        assert told["message_id"] == str(message)
        assert told["share"] == str(share.id)
        assert told["message"]["kind"] == "handover"
    copy = town.rows("SELECT copy_envelope FROM message")[0].copy_envelope
    assert town.opened("sandwell-0-19", copy)["message"]["kind"] == "handover"
