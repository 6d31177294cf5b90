"""A family that moved: Sandwell's health visitor hands them over to Birmingham, and holds them until they are held.

The story of the reviews that Checkback was made after, as it should have gone. Each chapter is one function, in the
order in which they are played; nobody in it is real, and the NHS numbers are test numbers.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from agencies.talking import Refused
from agencies.wire import Grid, InboxItem
from hub import clock
from hub.cli import example
from hub.cli.demo import moved_said as said
from hub.cli.demo import words
from hub.cli.demo.stage import NotAsTold, Stage, must, share_of
from hub.cli.up import EXAMPLE

SANDWELL = "sandwell-0-19"
BIRMINGHAM = "birmingham-0-19"
MOSELEY = "birmingham-gp-1"
LADYWOOD = "birmingham-gp-2"
PROBATION = "birmingham-probation"
STRANGER = "camden-0-19"


def play(stage: Stage) -> UUID:
    """All of it. Answers with the message."""
    dates = said.Dates(
        stage.day(2), stage.day(7), stage.day(14), clock.now().replace(microsecond=0) - timedelta(minutes=20)
    )
    stage.tell.says(
        "A baby, his sister, their mother and a father whom services hardly know have moved from Sandwell to"
        " Birmingham. Everybody here is invented. What the hub does is not: each line with GET or POST is a call to it,"
        " made by the client of the agency that the line names, with that agency's own credential and keys."
    )
    message = example.fresh(EXAMPLE)
    preview(stage, message)
    sent = send(stage, message)
    copies = opened(stage, sent)
    check_back(stage, sent, dates)
    challenge(stage, sent)
    responsibility(stage, sent)
    decline(stage, sent, copies)
    others(stage, sent, dates)
    close(stage, sent)
    return sent


# -- the sender ---------------------------------------------------------------------------------------------


def preview(stage: Stage, message: dict[str, Any]) -> None:
    tell, hub = stage.tell, stage.as_(SANDWELL)
    tell.chapter("Before anything is sent: who would hear, and what")
    tell.says(
        "Priya Nair, a health visitor in Sandwell, has written the handover. She asks who would get it."
    )
    parties = hub.preview(message).parties
    for party in parties:
        stage.tell_party(party)
    told = {party.agency for party in parties if party.outcome == "share"}
    must(
        told >= {BIRMINGHAM, MOSELEY, PROBATION},
        "the protocols let fewer hear than the story has in it: "
        + "; ".join(party.explanation for party in parties if party.explanation)
        + " (`checkback protocols explain sandwell` says what is in force)",
    )


def send(stage: Stage, message: dict[str, Any]) -> UUID:
    tell, hub = stage.tell, stage.as_(SANDWELL)
    tell.chapter("It is sent")
    sent = hub.send(message).id
    tell.says(f"Accepted as {sent}: recorded before the hub answered, sealed to the hub's workers.")
    grid = stage.grid(SANDWELL, sent, until=_all_sent, what="the delivery of the shares")
    stage.tell_grid(grid)
    stage.tell_holder(grid)
    share = share_of(grid, BIRMINGHAM)
    tell.says("Camden's 0-19 service, which has no part in this, asks for Birmingham's share:")
    try:
        stage.as_(STRANGER).share(share.id)
    except Refused as no:
        must(no.status == HTTPStatus.NOT_FOUND, f"Camden is told: {no}")
        tell.says(f"{no.status} {no.problem.title}: {no.problem.detail}.")
        return sent
    raise NotAsTold("Camden was shown a share that is not its own")


def _all_sent(grid: Grid) -> bool:
    return grid.state == "routed" and all(share.state not in ("planned", "sealed") for share in grid.shares)


# -- the recipients -----------------------------------------------------------------------------------------


def opened(stage: Stage, message: UUID) -> dict[str, InboxItem]:
    tell = stage.tell
    tell.chapter("Each opens its own copy")
    items = {agency: stage.waiting(agency, message) for agency in (BIRMINGHAM, MOSELEY)}
    ours, theirs = (stage.as_(agency).keys.open_share(item)["message"] for agency, item in items.items())
    grams = ours["health"]["weights"][-1]
    tell.says(
        "Hannah Lisle opens Birmingham's copy with her service's key. Nobody else can, nor can the hub."
    )
    tell.item(
        "What she reads",
        ("fact", ours["situation"]["facts"][1]["fact"]),
        ("health", f"{grams['grams']} grams on {grams['on']}, {grams['centile']} centile"),
        ("adults", ours["adults"][0]["supervision"]),
        ("opinion", ours["assessment"]["opinion"]),
        ("voice", ours["childs_voice"]["observed"]),
        ("asked", ours["expected_response"]["what"]),
    )
    less = [one for one in ours["view"]["sections"] if one not in theirs["view"]["sections"]]
    must("adults" in less, "the GP practice's copy holds what it should not")
    tell.item(
        f"{stage.names[MOSELEY]} opens another copy, made for a practice",
        ("it sees", words.sections(theirs["view"]["sections"])),
        ("it lacks", words.sections(less)),
        ("held back", words.withheld(theirs["view"]["withheld"])),
    )
    stage.as_(BIRMINGHAM).receive(items[BIRMINGHAM].share)
    stage.as_(MOSELEY).receive(items[MOSELEY].share)
    tell.says("Both are received now: they are in the services' own systems. That is not checking back.")
    return items


def check_back(stage: Stage, message: UUID, dates: said.Dates) -> None:
    stage.tell.chapter("Birmingham checks back")
    share = share_of(stage.as_(SANDWELL).message(message), BIRMINGHAM).id
    act = said.health_visitor(dates)
    made = stage.moved(stage.as_(BIRMINGHAM).check_back(share, act), "checked_back")
    stage.tell_check_back(act)
    owed = next(one for one in made.deadlines if one.what == "agreement")
    stage.tell.says(f"Now Sandwell owes an agreement, or a challenge, by {words.moment(owed.due_at)}.")


def challenge(stage: Stage, message: UUID) -> None:
    tell, sender, taker = stage.tell, stage.as_(SANDWELL), stage.as_(BIRMINGHAM)
    tell.chapter("The sender challenges one point")
    share = sender.share(share_of(sender.message(message), BIRMINGHAM).id)
    read = sender.keys.open_note(share.thread[-1], of=share)
    tell.says(
        "Priya opens the note, which is sealed to the two ends alone, and reads what Hannah understood:"
    )
    must("because of the move" in read["understanding"], "the sender reads another note than was written")
    made = stage.moved(sender.challenge(share.id, said.CHALLENGE), "challenged")
    tell.person(said.PRIYA.name, said.PRIYA.role, said.CHALLENGE.reason)
    owed = next(one for one in made.deadlines if one.what == "answer")
    tell.says(f"An answer is owed by {words.moment(owed.due_at)}. Both views stay in the record.")
    stage.moved(taker.answer(share.id, said.ANSWER), "checked_back")
    tell.person(said.HANNAH.name, said.HANNAH.role, said.ANSWER.answer)
    stage.moved(sender.agree(share.id, said.AGREE), "agreed")
    tell.person(said.PRIYA.name, said.PRIYA.role, str(said.AGREE.comment))


def responsibility(stage: Stage, message: UUID) -> None:
    tell = stage.tell
    tell.chapter("The responsibility changes hands")
    tell.says("They agree. That alone moves nothing: somebody must take the family over by name.")
    before = stage.as_(SANDWELL).message(message)
    must(
        before.responsibility is not None and before.responsibility.agency == SANDWELL,
        "Sandwell let go before",
    )
    stage.tell_holder(before)
    stage.moved(stage.as_(BIRMINGHAM).accept(share_of(before, BIRMINGHAM).id, said.ACCEPT), "agreed")
    tell.person(said.HANNAH.name, said.HANNAH.role, str(said.ACCEPT.comment))
    after = stage.as_(SANDWELL).message(message)
    must(after.responsibility is not None and after.responsibility.agency == BIRMINGHAM, "nobody took over")
    stage.tell_holder(after)


def decline(stage: Stage, message: UUID, copies: dict[str, InboxItem]) -> None:
    tell, sender = stage.tell, stage.as_(SANDWELL)
    tell.chapter("The GP practice declines, and the sender redirects")
    share = copies[MOSELEY].share
    made = stage.moved(stage.as_(MOSELEY).decline(share, said.DECLINE), "declined")
    tell.person(said.ROY.name, said.ROY.role, said.DECLINE.explanation)
    owed = next(one for one in made.deadlines if one.what == "redirect")
    tell.says(
        "Not registered here. A declined share does not just end: Sandwell owes what comes next, by"
        f" {words.moment(owed.due_at)}."
    )
    redirected = stage.moved(sender.redirect(share, said.REDIRECT), "redirected")
    tell.person(said.PRIYA.name, said.PRIYA.role, said.REDIRECT.reason)
    item = stage.waiting(LADYWOOD, message)
    must(item.share == redirected.redirected_to, "the practice got another share than was redirected")
    theirs = stage.as_(LADYWOOD).keys.open_share(item)["message"]
    tell.says(
        f"{stage.names[LADYWOOD]} has a copy of its own, under the same clause: {words.children(theirs)}."
    )
    stage.as_(LADYWOOD).receive(item.share)


def others(stage: Stage, message: UUID, dates: said.Dates) -> None:
    stage.tell.chapter("The others check back, and are agreed with")
    probation = stage.waiting(PROBATION, message)
    stage.as_(PROBATION).receive(probation.share)
    grid = stage.as_(SANDWELL).message(message)
    for agency, act, thanks in (
        (PROBATION, said.probation(dates), "Thank you. None of us had the whole of it."),
        (LADYWOOD, said.practice(dates), "Thank you for registering him as well."),
    ):
        share = share_of(grid, agency).id
        stage.moved(stage.as_(agency).check_back(share, act), "checked_back")
        stage.tell_check_back(act)
        stage.moved(stage.as_(SANDWELL).agree(share, said.agreed(thanks)), "agreed")
        stage.tell.person(said.PRIYA.name, said.PRIYA.role, thanks)


def close(stage: Stage, message: UUID) -> None:
    tell = stage.tell
    tell.chapter("The reviews are held, and all is closed")
    tell.says("In life this is a fortnight later. The story does not wait: its reviews are held today.")
    grid = stage.as_(SANDWELL).message(message)
    for agency, (person, outcome) in said.OUTCOMES.items():
        act = said.closing(person, outcome, stage.today)
        stage.moved(stage.as_(agency).close(share_of(grid, agency).id, act), "closed")
        tell.person(person.name, person.role, outcome)
    grid = stage.grid(SANDWELL, message, until=lambda now: now.state == "closed", what="the message's close")
    stage.tell_grid(grid)
    stage.tell_holder(grid)
    kept = stage.as_(SANDWELL).keys.open_copy(grid)["message"]
    tell.says(
        f"The message is closed. Sandwell's own file copy still opens, for Sandwell: {words.children(kept)}."
    )
