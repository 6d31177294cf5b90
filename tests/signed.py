"""Small protocols and a small town, for tests of who hears what.

`signed(...)` is a whole protocol around the clauses that a test is about. `Town` is the directory's side of it,
written by hand: a real one is in `agencies`, a floor above.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from protocols.decide import Decision, Gone, Party, WithheldParty, decide
from protocols.facts import Facts, NamedService
from protocols.parse import parse
from protocols.protocol import Protocol
from protocols.vocabulary import Category, Kind, Role, Urgency

SANDWELL, BIRMINGHAM, CAMDEN = "E08000028", "E08000025", "E09000007"
NAMES = {SANDWELL: "sandwell", BIRMINGHAM: "birmingham", CAMDEN: "camden"}
NOW = datetime(2026, 4, 15, 12, 0, tzinfo=UTC)

REST = """
[usual]
receipt = "1 working day"
check_back = "3 working days"
agreement = "2 working days"
answer = "2 working days"
acceptance = "5 working days"
redirect = "1 working day"
call = "4 working hours"
call_account = "1 working day"
ladder = "standard"

[views.full]
sections = ["child", "address", "household", "situation", "assessment", "practitioner"]

[views.brief]
sections = ["child", "address", "practitioner"]
withhold = ["restricted_address", "referrer_identity"]

[views.other]
sections = ["child", "household", "health"]
withhold = ["connected_people"]

[ladders.standard]
steps = [
  { after = "0 hours", tell = ["recipient.duty_lead"] },
  { after = "5 working days", tell = ["partnership"] },
]

[ladders.urgent]
steps = [
  { after = "0 hours", tell = ["recipient.duty_lead", "sender.duty_lead"] },
  { after = "8 hours", tell = ["partnership"] },
]
"""

BRUISE = """
[[clause]]
id = "bruise"
says = "A bruise is told to the MASH."
when = { kind = "concern", category = ["bruising"] }
share = [{ with = "mash", area = "home", view = "full", call_first = true, receipt = "1 hour" }]
"""


def head(area: str = SANDWELL, **changes: str) -> str:
    values = {
        "id": f'"{NAMES[area]}"',
        "title": '"A protocol"',
        "version": '"1"',
        "area": f'"{area}"',
        "effective": "2026-01-01",
        "review_by": "2026-12-31",
        "lawful_basis": '["Children Act 2004 s.16LA"]',
        "parties": "[" + ", ".join(f'"{role}"' for role in Role) + "]",
    }
    return "".join(f"{key} = {value}\n" for key, value in {**values, **changes}.items())


def text(*clauses: str, area: str = SANDWELL, **changes: str) -> str:
    return "\n".join((head(area, **changes), REST, *(clauses or (BRUISE,))))


def signed(*clauses: str, area: str = SANDWELL, **changes: str) -> Protocol:
    return parse(text(*clauses, area=area, **changes), file=f"{NAMES[area]}.toml")


def clause(id_: str, when: str, *share: str, direction: str = "within") -> str:
    lines = "".join(f"  {{ {one} }},\n" for one in share)
    return (
        f'[[clause]]\nid = "{id_}"\nsays = "The clause {id_}."\ndirection = "{direction}"\n'
        f"when = {{ {when} }}\nshare = [\n{lines}]\n"
    )


def concern(**changes: Any) -> Facts:  # noqa: ANN401 - any field of the facts
    usual: dict[str, Any] = {
        "kind": Kind.CONCERN,
        "version": 1,
        "urgency": Urgency.URGENT,
        "categories": frozenset({Category.BRUISING}),
        "home_area": SANDWELL,
    }
    return Facts(**{**usual, **changes})


def handover(**changes: Any) -> Facts:  # noqa: ANN401 - any field of the facts
    usual: dict[str, Any] = {
        "kind": Kind.HANDOVER,
        "version": 1,
        "urgency": Urgency.ROUTINE,
        "home_area": BIRMINGHAM,
        "moves": True,
        "origin_area": SANDWELL,
        "destination_area": BIRMINGHAM,
    }
    return Facts(**{**usual, **changes})


def known(*services: tuple[Role, str | None]) -> tuple[NamedService, ...]:
    return tuple(NamedService(role, agency) for role, agency in services)


def party(role: Role, area: str = SANDWELL, more: str = "") -> Party:
    return Party(f"{NAMES[area]}-{role.replace('_', '-')}{more}", role, area)


ONE_OF_EACH = tuple(
    party(role, area) for area in NAMES for role in Role if role not in {Role.SCHOOL, Role.GP_PRACTICE}
)
PRACTICES = {f"Y0000{number}": party(Role.GP_PRACTICE, area) for number, area in enumerate(NAMES)}
SCHOOLS = tuple(party(Role.SCHOOL, area, more) for area in NAMES for more in ("-1", "-2"))
SENDER = party(Role.HEALTH_VISITING)


@dataclass
class Town:
    """One agency of each role in each area, a practice each, two schools each; and whatever a test adds."""

    parties: tuple[Party, ...] = (*ONE_OF_EACH, *PRACTICES.values(), *SCHOOLS)
    practices: dict[str, Party | Gone] = field(default_factory=lambda: dict(PRACTICES))
    gone: dict[str, Gone] = field(default_factory=dict)

    def find(self, role: Role, area: str, at: datetime | date) -> tuple[Party, ...]:
        assert at == NOW
        return tuple(one for one in self.parties if one.role == role and one.area == area)

    def gp(self, ods: str, at: datetime | date) -> Party | Gone | None:
        assert at == NOW
        return self.practices.get(ods)

    def named(self, agency_id: str, at: datetime | date) -> Party | Gone | None:
        assert at == NOW
        found = next((one for one in self.parties if one.agency == agency_id), None)
        return found or self.gone.get(agency_id)


def decided(
    facts: Facts,
    *protocols: Protocol,
    sender: Party = SENDER,
    town: Town | None = None,
    withhold: tuple[WithheldParty, ...] = (),
) -> Decision:
    return decide(
        facts, sender=sender, protocols=protocols, directory=town or Town(), at=NOW, withhold=withhold
    )


def hears(decision: Decision) -> list[str]:
    return [share.recipient.agency for share in decision.shares]
