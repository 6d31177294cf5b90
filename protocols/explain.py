"""A protocol in English: who gets what, when and why, so that those who sign it can read what a program will do."""

from collections.abc import Iterable, Iterator
from textwrap import fill

from protocols.conditions import When
from protocols.owing import NAMED_DAY, By
from protocols.parties import said
from protocols.protocol import Clause, Direction, Grant, Ladder, Owed, Protocol, Stage
from protocols.vocabulary import Area, Change, Ground, Kind, View
from protocols.watches import Across, Counting, Watch

_HEADINGS = {
    Direction.WITHIN: "Within the area",
    Direction.ANYWHERE: "Wherever the child lives: within the area, out of it and into it",
    Direction.OUTBOUND: "Out of the area (the other area's protocol must allow it too)",
    Direction.INBOUND: "Into the area (the other area's protocol must allow it too)",
    Direction.UNTRACED: "Away, and nobody knows where",
}
_WHERE = {
    Area.HOME: "of the child's area",
    Area.ORIGIN: "of the area that the family leaves",
    Area.DESTINATION: "of the area where the family is now",
    Area.REGISTERED: "that the message names",
    Area.ADDRESSED: "to whom the message is addressed by name",
    Area.EVERY: "of the area, every one",
}
_OWED = {
    Owed.RECEIPT: "fetches it within",
    Owed.CHECK_BACK: "checks back within",
    Owed.AGREEMENT: "is agreed with or challenged within",
    Owed.ANSWER: "has a challenge answered within",
    Owed.ACCEPTANCE: "accepts the family by name within",
    Owed.REDIRECT: "is redirected after a decline within",
    Owed.CALL: "is telephoned, where that comes first, within",
    Owed.CALL_ACCOUNT: "says what it understood of a call within",
}

_KIND = {
    Kind.CONCERN: "a concern",
    Kind.HANDOVER: "a handover",
    Kind.ADVICE: "a question for advice",
    Kind.NOT_SHARING: "a decision not to share",
    Kind.WAS_NOT_BROUGHT: "an appointment that a child was not brought to",
    Kind.UNBORN: "notice of an unborn baby",
    Kind.BIRTH: "notice of a birth",
    Kind.REGISTRATION: "a registration with a GP practice",
    Kind.PLAN_CHANGE: "a change of a child's plan",
    Kind.INVOLVEMENT: "word of an agency's involvement",
    Kind.HOUSEHOLD: "word of who lives in a household",
    Kind.SUPERVISION: "a message about an adult under supervision",
    Kind.REPORT_REQUEST: "a request for reports",
    Kind.REPORT: "a report",
    Kind.READ_GRANT: "leave to read",
    Kind.LEARNING: "a bulletin of learning",
}

_GROUND = {
    Ground.MORE_DETRIMENTAL_TO_THE_CHILD: "that it would be more detrimental to the child",
    Ground.BELOW_THRESHOLD_WITHOUT_CONSENT: "that the threshold is not met and the family refuses",
    Ground.WOULD_PUT_SOMEONE_AT_RISK: "that it would put somebody at risk",
    Ground.WOULD_PREJUDICE_AN_INVESTIGATION: "that it would prejudice an investigation",
    Ground.TOLD_ALREADY: "that they were told already",
    Ground.NOT_NEEDED_BY_THEM: "that they do not need it",
}

_CHANGED = {
    Change.BEGUN: "has begun",
    Change.CHANGED: "has changed",
    Change.ENDED: "has ended",
    Change.TRANSFERRED: "goes to another authority",
}


def explain(protocol: Protocol) -> str:
    return "\n".join(_lines(protocol)) + "\n"


def _lines(protocol: Protocol) -> Iterator[str]:
    yield from (protocol.title, "=" * len(protocol.title))
    yield _wrapped(
        f"{protocol.id} {protocol.version}, for {protocol.area}, from {protocol.effective}; to be reviewed by"
        f" {protocol.review_by}, and of no force after that. Shared under {'; '.join(protocol.lawful_basis)}."
        f" Signed by: {', '.join(said(role) for role in protocol.parties)}."
    )
    yield _wrapped(f"Unless a clause says otherwise: {_usual(protocol)}")
    for direction, heading in _HEADINGS.items():
        clauses = [clause for clause in protocol.clauses if clause.direction is direction]
        if clauses:
            yield from ("", heading, "-" * len(heading))
        for clause in clauses:
            yield from _clause(clause)
    if protocol.watches:
        yield from ("", "What is watched for", "-------------------")
    for watch in protocol.watches:
        yield from ("", watch.id, _wrapped(watch.says, "  "), _wrapped(_watch(watch, protocol), "  ", "    "))
    if protocol.stages:
        yield from ("", "How a disagreement climbs", "-------------------------")
        yield from (_stage(place, stage) for place, stage in enumerate(protocol.stages, start=1))
    yield from ("", "What each view shows", "--------------------")
    yield from (_view(view) for view in protocol.views.values())
    yield from ("", "Who hears when something owed lapses", "------------------------------------")
    yield from (_ladder(ladder) for ladder in protocol.ladders.values())


def _usual(protocol: Protocol) -> str:
    owed = "; ".join(f"{_OWED[owed]} {limit}" for owed, limit in protocol.limits.items())
    return f'the recipient {owed}; ladder "{protocol.ladder}".'


def _clause(clause: Clause) -> Iterator[str]:
    yield from ("", clause.id, _wrapped(clause.says, "  "), _wrapped(f"When {when(clause.when)}:", "  "))
    yield from (_grant(grant, _where(grant, clause)) for grant in clause.share)
    if clause.kept:
        owes = "; ".join(f"{_words(what)} {_by(by)}" for what, by in clause.kept.owes.items())
        yield _wrapped(
            f'- nobody hears; the sender owes itself: {owes}; ladder "{clause.kept.ladder}".', "  ", "    "
        )


def _where(grant: Grant, clause: Clause) -> str:
    if grant.area is Area.DESTINATION and clause.when.kind is Kind.PLAN_CHANGE:
        return "of the area to which the plan goes"
    return _WHERE[grant.area]


def _grant(grant: Grant, where: str) -> str:
    parts = [f'sees "{grant.view}"']
    if grant.call_first:
        parts.insert(0, "is telephoned first")
    parts += [f"{_OWED[owed]} {grant.limits[owed]}" for owed in Owed if owed in grant.limits]
    parts += [f"owes the {_words(what)} {_by(by)}" for what, by in grant.owes.items()]
    if grant.reads:
        parts.append(f'reads the other message as "{grant.reads}" shows it, for {grant.read_for} at the most')
    if grant.takes_responsibility:
        parts.append("takes the responsibility once a named practitioner accepts it")
    if grant.ladder:
        parts.append(f'ladder "{grant.ladder}"')
    named = ", if the message names one" if grant.if_named else ""
    return _wrapped(f"- the {said(grant.role)} {where}{named}: {'; '.join(parts)}.", "  ", "    ")


def _by(by: By) -> str:
    if by.limit is None:
        return f"by {NAMED_DAY}"
    within = f"within {by.said}"
    return f"{within} or by {NAMED_DAY}, whichever comes first" if by.named_day else within


def when(conditions: When) -> str:
    """The conditions of a clause as one sentence without its full stop."""
    return ", and ".join(_conditions(conditions))


def _conditions(when: When) -> Iterator[str]:
    senders = f" from the {_or(said(role) for role in when.sender)}" if when.sender else ""
    about = f" about {_or(_words(one) for one in when.category)}" if when.category else ""
    yield f"there is {_KIND[when.kind]}{senders}{about}"
    if when.urgency:
        yield f"it is {_or(when.urgency)}"
    if when.other_area:
        yield f"the other area is {_or(when.other_area)}"
    if when.ground:
        yield f"the ground is {_or(_GROUND[one] for one in when.ground)}"
    yield from _of_children(when)
    yield from _of_family(when)
    yield from _of_those_round_them(when)


def _of_children(when: When) -> Iterator[str]:
    if when.child_mobile is not None:
        yield "a child cannot move on their own"
    if when.unborn is not None:
        yield "a child is not yet born" if when.unborn else "every child is born"
    if when.pregnant_from is not None:
        yield f"the pregnancy has lasted {when.pregnant_from} or longer"
    if when.youngest_under is not None:
        yield f"the youngest is under {when.youngest_under} old"
    if when.oldest_from is not None:
        yield f"the oldest is {when.oldest_from} old or older"


def _of_family(when: When) -> Iterator[str]:
    if when.plan:
        was = " or was until now" if when.kind is Kind.PLAN_CHANGE else ""
        yield f"the child is{was} on a plan ({_or(_words(one) for one in when.plan)})"
    if when.change:
        yield f"the plan {_or(_CHANGED[one] for one in when.change)}"
    if when.gp_registered is not None:
        yield f"the child is {'' if when.gp_registered else 'not '}registered with a GP"
    if when.adult_supervision is not None:
        yield "an adult of the household is under supervision"
    if when.adult_services:
        yield f"an adult is known to the {_or(said(role) for role in when.adult_services)}"


def _watch(watch: Watch, protocol: Protocol) -> str:
    first, *others = (f"the {said(role)}" for role in watch.by)
    then = "".join(f"; if it was not told, or lets it lapse, {other}" for other in others)
    return (
        f"- {_watched(watch)}: {first} owes the {_words(watch.what)} within {watch.limit}{then}. The other end is"
        " whoever sent the last of these messages; where nobody named here was told, the partnership office is asked;"
        f' ladder "{watch.ladder or protocol.ladder}".'
    )


def _watched(watch: Watch) -> str:
    if isinstance(watch, Counting):
        times = "once" if watch.threshold == 1 else f"{watch.threshold} times"
        whose = "the child" if watch.across is Across.CHILD else "the child, brothers and sisters together"
        plans = ", ".join(f"on a {_words(plan)} plan as {weight}" for plan, weight in watch.weights.items())
        counts = f" (one counts, {plans})" if plans else ""
        return f"{times} within {watch.within} {_KIND[watch.kind]}, for {whose}{counts}"
    begins = _or(_KIND[one] for one in watch.begins)
    return f"{_KIND[watch.kind]} has not come {watch.until} after the day that {begins} gives"


def _of_those_round_them(when: When) -> Iterator[str]:
    if when.involved:
        yield f"the {_or(said(role) for role in when.involved)} is involved"
    if when.asks is not None:
        yield f"it {'asks whether there are children' if when.asks else 'tells of a child'} in the household"
    if when.disengaged is not None:
        yield "the adult does not work with whoever supervises them"


def _view(view: View) -> str:
    shows = ", ".join(_words(one) for one in sorted(view.sections))
    held = f"; holds back {', '.join(_words(one) for one in sorted(view.withhold))}" if view.withhold else ""
    return _wrapped(f'- "{view.name}" shows {shows}{held}.', after="  ")


def _ladder(ladder: Ladder) -> str:
    steps = "; ".join(f"after {step.after} {', '.join(map(_told, step.tell))}" for step in ladder.steps)
    whoever = (
        "nobody outside the sender's own agency" if ladder.stays_at_home else "at every step whoever owes it"
    )
    return _wrapped(f'- "{ladder.name}": {steps}; and {whoever}.', after="  ")


def _stage(place: int, stage: Stage) -> str:
    whom = ", ".join(map(_told, stage.between))
    ladder = f'; ladder "{stage.ladder}"' if stage.ladder else ""
    binds = "; what is concluded here holds for both" if stage.binds else ""
    return _wrapped(
        f"{place}. {_words(stage.name)} (told: {whom}): an answer within {stage.answer}{ladder}{binds}.",
        after="   ",
    )


def _told(target: str) -> str:
    side, _, role = target.partition(".")
    return f"the {side}'s {_words(role)}" if role else f"the {target}"


_IN_WORDS = {
    "childs_voice": "the child's voice",
    "involvement": "who is involved",
    "involvement_content": "what those who are involved do and know",
    "pre_birth": "an unborn baby",
    "offender_in_household": "an offender in the household",
    "not_registered_with_gp": "a child without a GP",
    "below_threshold": "help needed below the threshold",
    "safe_sleep": "safe-sleep assessments",
    "icon": "ICON conversations",
    "red_book": "red-book entries",
    "gcp2": "Graded Care Profile 2",
    "body_map": "body maps",
}


def _words(name: str) -> str:
    return _IN_WORDS.get(name, name.replace("_", " "))


def _or(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _wrapped(text: str, first: str = "", after: str | None = None) -> str:
    return fill(text, 110, initial_indent=first, subsequent_indent=first if after is None else after)
