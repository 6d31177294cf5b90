"""Those whom a message names and no clause lets hear: a member of the core group, the owner of an action.

A clause tells whom it grants. If the sender has named somebody besides, silence would be the worst of answers: the
sender would believe that they know. So each of these is refused, in a sentence that says whom to telephone.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from protocols.decision import Finder, Party, Reason, Refusal
from protocols.facts import Facts
from protocols.governing import TELEPHONE
from protocols.parties import said
from protocols.vocabulary import Role


def unheard(
    facts: Facts,
    told: Collection[Party],
    refused: Collection[Refusal],
    *,
    sender: Party,
    directory: Finder,
    at: datetime,
) -> Iterator[Refusal]:
    named = [(one.role, one.agency, one.ods) for one in facts.addressed]
    named += [(one.role, one.agency, None) for one in facts.own_actions]
    for role, agency, ods in dict.fromkeys(named):
        found = _found(agency, ods, directory, at)
        name = found.agency if found else agency
        if found == sender or found in told or any(one.agency == name for one in refused if name):
            continue
        if name is None and role in {*(one.role for one in told), *(one.role for one in refused)}:
            continue
        yield _not_told(found.role if found else role, name)


def _found(agency: str | None, ods: str | None, directory: Finder, at: datetime) -> Party | None:
    answer = directory.named(agency, at) if agency else directory.gp(ods, at) if ods else None
    return answer if isinstance(answer, Party) else None


def _not_told(role: Role | None, agency: str | None) -> Refusal:
    who = agency or (f"the {said(role)}" if role else "somebody")
    return Refusal(
        reason=Reason.NO_CLAUSE,
        role=role,
        agency=agency,
        sentence=f"the message names {who} as one who must hear or act, and no clause lets them hear: {TELEPHONE}",
    )
