"""What every story plays: a message is sent, opened, checked back, agreed with and closed. Each story adds its own."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from agencies import wire
from hub.cli.demo import words
from hub.cli.demo.stage import Stage, must, share_of

UNSENT = ("planned", "sealed")


class Heard(NamedTuple):
    """One recipient's check-back, as a story writes it down."""

    agency: str
    by: wire.Person
    reference: str
    understood: str
    means: str
    what: str  # will be done, by the same person, today
    spoke_to: wire.SpokeTo | None = None

    def act(self, today: date, review_on: date) -> wire.CheckBack:
        return wire.CheckBack(
            by=self.by,
            case_reference=self.reference,
            understanding=self.understood,
            significance=self.means,
            actions=(wire.Action(what=self.what, who=self.by.name, by_when=today),),
            review_on=review_on,
            spoke_to=self.spoke_to,
        )


def check_back_all(stage: Stage, sender: str, sent: UUID, heard: Sequence[Heard], *, days: int) -> None:
    """Each says what they understood; their reviews are so many days on."""
    for one in heard:
        check_back(stage, one.agency, sender, sent, one.act(stage.day(0), stage.day(days)))


def send(
    stage: Stage,
    sender: str,
    message: Mapping[str, Any],
    *,
    to: Collection[str],
    withhold: Sequence[wire.Withhold] = (),
) -> UUID:
    """Looked at first, then sent, and seen to arrive: at all of these, and at nobody else."""
    hub = stage.as_(sender)
    parties = hub.preview(message, withhold=withhold).parties
    for party in parties:
        stage.tell_party(party)
    told = {str(one.agency) for one in parties if one.outcome == "share"}
    must(
        told == set(to),
        f"the protocols let {', '.join(sorted(told)) or 'nobody'} hear, and the story is of {', '.join(sorted(to))}"
        " (`checkback protocols explain` says what is in force)",
    )
    sent = hub.send(message, withhold=withhold).id
    stage.tell.says(f"Accepted as {sent}: recorded before the hub answered, sealed to the hub's workers.")
    stage.grid(sender, sent, until=all_sent, what="the delivery of the shares")
    return sent


def all_sent(grid: wire.Grid) -> bool:
    return grid.state != "accepted" and all(one.state not in UNSENT for one in grid.shares)


def opened(stage: Stage, agency: str, sent: UUID) -> dict[str, Any]:
    """An agency opens its copy with its own key, and has received it."""
    item = stage.waiting(agency, sent)
    seen: dict[str, Any] = stage.as_(agency).keys.open_share(item)["message"]
    stage.as_(agency).receive(item.share)
    return seen


def tell_opened(stage: Stage, agency: str, seen: Mapping[str, Any], *details: tuple[str, str]) -> None:
    view = seen["view"]
    stage.tell.item(
        f"{stage.names[agency]} opens its copy",
        ("it sees", words.sections(view["sections"])),
        ("held back", words.withheld(view["withheld"])),
        *details,
    )


def check_back(stage: Stage, agency: str, sender: str, sent: UUID, act: wire.CheckBack) -> wire.Moved:
    made = stage.moved(stage.as_(agency).check_back(share(stage, sender, sent, agency), act), "checked_back")
    stage.tell_check_back(act)
    return made


def agree(stage: Stage, sender: str, sent: UUID, by: wire.Person, thanks: Mapping[str, str]) -> None:
    for agency, said in thanks.items():
        act = wire.Agree(by=by, comment=said)
        stage.moved(stage.as_(sender).agree(share(stage, sender, sent, agency), act), "agreed")
        stage.tell.person(by.name, by.role, said)


def close(
    stage: Stage, sender: str, sent: UUID, outcomes: Mapping[str, tuple[wire.Person, str]], held_on: date
) -> wire.Grid:
    """Each says what came of it; with the last the message closes."""
    for agency, (person, outcome) in outcomes.items():
        act = wire.Close(by=person, outcome=outcome, review_held_on=held_on)
        stage.moved(stage.as_(agency).close(share(stage, sender, sent, agency), act), "closed")
        stage.tell.person(person.name, person.role, outcome)
    return stage.grid(sender, sent, until=lambda now: now.state == "closed", what="the message's close")


def share(stage: Stage, sender: str, sent: UUID, agency: str) -> UUID:
    return share_of(stage.as_(sender).message(sent), agency).id
