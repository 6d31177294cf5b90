"""Whom the sender decides not to tell, although the protocol would: recorded as a decision, with its reason.

A party that is withheld is not refused as well: the sender's decision is the reason that they do not hear.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from protocols.decision import Decision, Refusal, ShareDecision, WithheldDecision, WithheldParty


def without_withheld(
    shares: Sequence[ShareDecision], refusals: Sequence[Refusal], withhold: Sequence[WithheldParty]
) -> Decision:
    withheld: list[WithheldDecision] = []
    kept = []
    for share in shares:
        party = share.recipient
        because = next((one for one in withhold if one.means(agency=party.agency, role=party.role)), None)
        if because is None:
            kept.append(share)
        else:
            withheld.append(_not_told(share, because))
    told = {(one.agency, one.role) for one in withheld}
    withheld += [
        WithheldDecision(reason=one.reason, agency=one.agency, role=one.role)
        for one in withhold
        if not any(one.means(agency=agency, role=role) for agency, role in told)
    ]
    left = [
        refusal
        for refusal in _once(refusals)
        if not any(one.means(agency=refusal.agency, role=refusal.role) for one in withhold)
    ]
    return Decision(tuple(kept), tuple(left), tuple(withheld))


def _once(refusals: Sequence[Refusal]) -> Iterable[Refusal]:
    """Several clauses may meet the same obstacle: it is said once, for the first of them."""
    first: dict[Refusal, Refusal] = {}
    for refusal in refusals:
        first.setdefault(replace(refusal, protocol_id=None, version=None, clause=None), refusal)
    return first.values()


def _not_told(share: ShareDecision, because: WithheldParty) -> WithheldDecision:
    return WithheldDecision(
        reason=because.reason,
        agency=share.recipient.agency,
        role=share.recipient.role,
        area=share.recipient.area,
        protocol_id=share.protocol_id,
        version=share.version,
        clauses=share.clauses,
        says=share.says,
    )
