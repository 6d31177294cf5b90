"""The words that protocols, messages and agencies have in common."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an agency is for. A protocol shares with roles, never with people."""

    MASH = "mash"
    HEALTH_VISITING = "health_visiting"
    SCHOOL_NURSING = "school_nursing"
    GP_PRACTICE = "gp_practice"
    MIDWIFERY = "midwifery"
    HOSPITAL = "hospital"
    SCHOOL = "school"
    POLICE = "police"
    PROBATION = "probation"
    CHILDRENS_SOCIAL_CARE = "childrens_social_care"
    ADULT_SOCIAL_CARE = "adult_social_care"
    EARLY_HELP = "early_help"
    SUBSTANCE_MISUSE = "substance_misuse"
    PARTNERSHIP = "partnership"


class Kind(StrEnum):
    """What a message is for. Each has a file of its own in `protocols.messages`."""

    CONCERN = "concern"
    HANDOVER = "handover"
    ADVICE = "advice"  # asked of a safeguarding lead, before a concern is sent
    NOT_SHARING = "not_sharing"  # a decision, like sharing: who, why, and when it is looked at again
    WAS_NOT_BROUGHT = "was_not_brought"
    UNBORN = "unborn"
    BIRTH = "birth"
    REGISTRATION = "registration"  # with a GP practice
    PLAN_CHANGE = "plan_change"
    INVOLVEMENT = "involvement"  # that an agency works with somebody of the family
    HOUSEHOLD = "household"
    SUPERVISION = "supervision"  # of an adult who lives with a child
    REPORT_REQUEST = "report_request"
    REPORT = "report"
    READ_GRANT = "read_grant"
    LEARNING = "learning"


# Kinds that are about no child, so that what they say may go to every agency of a role, and nothing is counted for one.
ABOUT_NO_CHILD = frozenset({Kind.LEARNING})

# Kinds of which nobody hears: a clause says by when the sender looks at it again, and no protocol can say more.
KEPT = frozenset({Kind.NOT_SHARING})

# Kinds that name a day of their own, by which something is asked: a clause may say "the day it names".
NAMES_A_DAY = frozenset({Kind.REPORT_REQUEST, Kind.UNBORN, Kind.NOT_SHARING})


class Change(StrEnum):
    """What became of a child's plan."""

    BEGUN = "begun"
    CHANGED = "changed"
    ENDED = "ended"
    TRANSFERRED = "transferred"  # to another authority, which holds a conference about it


class Ground(StrEnum):
    """Why something is not shared."""

    MORE_DETRIMENTAL_TO_THE_CHILD = (
        "more_detrimental_to_the_child"  # than sharing helps: s.16LA Children Act 2004
    )
    BELOW_THRESHOLD_WITHOUT_CONSENT = "below_threshold_without_consent"  # the family may refuse, and does
    WOULD_PUT_SOMEONE_AT_RISK = "would_put_someone_at_risk"
    WOULD_PREJUDICE_AN_INVESTIGATION = "would_prejudice_an_investigation"
    TOLD_ALREADY = "told_already"
    NOT_NEEDED_BY_THEM = "not_needed_by_them"  # it has no bearing on what they do for the child


class Category(StrEnum):
    """What a concern is about."""

    BRUISING = "bruising"
    PHYSICAL_ABUSE = "physical_abuse"
    EMOTIONAL_ABUSE = "emotional_abuse"
    SEXUAL_ABUSE = "sexual_abuse"
    NEGLECT = "neglect"
    DOMESTIC_ABUSE = "domestic_abuse"
    EXPLOITATION = "exploitation"
    PRE_BIRTH = "pre_birth"
    PARENTAL_SUBSTANCE_MISUSE = "parental_substance_misuse"
    PARENTAL_MENTAL_HEALTH = "parental_mental_health"
    OFFENDER_IN_HOUSEHOLD = "offender_in_household"
    NOT_REGISTERED_WITH_GP = "not_registered_with_gp"
    BELOW_THRESHOLD = "below_threshold"


class Urgency(StrEnum):
    IMMEDIATE = "immediate"
    URGENT = "urgent"
    ROUTINE = "routine"


class Section(StrEnum):
    """The parts of a message that a view may grant, each on its own."""

    CHILD = "child"  # name, date of birth, NHS number, mobile or not
    ADDRESS = "address"  # where the child lives
    HOUSEHOLD = "household"  # who lives there, in which role
    INVOLVEMENT = "involvement"  # that an agency works with somebody: which, since when, whom to ring
    INVOLVEMENT_CONTENT = "involvement_content"  # what it does, what it knows, how it goes
    ADULTS = "adults"  # what is known of the adults: supervision, substance misuse, health
    CHILDS_VOICE = "childs_voice"
    SITUATION = "situation"  # fact
    ASSESSMENT = "assessment"  # opinion
    EXPECTED_RESPONSE = "expected_response"
    RECORDING = "recording"  # what was told to the family, who was phoned already
    MOVE = "move"
    SERVICES = "services"  # GP practice, school and others that know the family
    HEALTH = "health"  # for a handover: feeding, weight, immunisations, safe sleep, ICON
    PRACTITIONER = "practitioner"  # who writes, and how to reach them
    LEAVE = "leave"  # of leave to read: which message, for what, until when
    THREAD = "thread"  # what was said about a message, as whoever lends it hands it on
    # What is attached, each on its own.
    SAFE_SLEEP = "safe_sleep"
    ICON = "icon"  # the conversation about coping with crying
    RED_BOOK = "red_book"
    GCP2 = "gcp2"  # the Graded Care Profile 2
    BODY_MAP = "body_map"


class Withheld(StrEnum):
    """What a view may hold back from inside a section that it grants."""

    RESTRICTED_ADDRESS = "restricted_address"  # an address that the message marks as restricted
    REFERRER_IDENTITY = "referrer_identity"  # who raised a concern: a neighbour, a relative, a practitioner
    CONNECTED_PEOPLE = "connected_people"  # NHS numbers and dates of birth of people other than the child


class Area(StrEnum):
    """Which area's agency of a role a clause means."""

    HOME = "home"  # the local authority where the child lives
    ORIGIN = "origin"  # where the family moved from
    DESTINATION = "destination"  # where the family moved to
    REGISTERED = "registered"  # the GP practice that the message names, wherever it is
    ADDRESSED = (
        "addressed"  # those to whom the message is addressed by name: a core group, those asked to report
    )
    EVERY = "every"  # all of that role in the area; only for what is about no child


# The sections of what is attached.
ATTACHED = frozenset({Section.SAFE_SLEEP, Section.ICON, Section.RED_BOOK, Section.GCP2, Section.BODY_MAP})

# Where each withheld thing can stand. Outside these sections there is nothing to hold back.
STANDS_IN: dict[Withheld, frozenset[Section]] = {
    # An agency that is named leads to where the family lives: of an adult, of open work, of a plan, of a call.
    Withheld.RESTRICTED_ADDRESS: frozenset(
        {
            Section.ADDRESS,
            Section.MOVE,
            Section.SERVICES,
            Section.ADULTS,
            Section.INVOLVEMENT,
            Section.SITUATION,
            Section.EXPECTED_RESPONSE,
            Section.RECORDING,
            Section.BODY_MAP,  # who keeps the photographs
        }
    ),
    Withheld.REFERRER_IDENTITY: frozenset({Section.PRACTITIONER, Section.SITUATION}) | ATTACHED,
    Withheld.CONNECTED_PEOPLE: frozenset({Section.HOUSEHOLD}),
}


@dataclass(frozen=True, slots=True)
class View:
    """What a recipient may see: whole sections, less what is held back from inside them.

    An empty view shows nothing. However views are combined, nothing comes to be seen that none of them shows.
    """

    name: str
    sections: frozenset[Section]
    withhold: frozenset[Withheld] = frozenset()

    def intersect(self, other: "View") -> "View":
        """What both allow: for a move between areas, where each side's protocol must agree."""
        return View(
            name=self._joined(other, "+"),
            sections=self.sections & other.sections,
            withhold=self.withhold | other.withhold,
        )

    def widen(self, other: "View") -> "View":
        """What either allows, and nothing that neither did.

        A thing stays withheld unless each section where it stands, and which either shows, is shown openly by
        one of the two: a view that is silent on the address must not, by its silence, uncover the address
        that the other covers. Where that costs a detail that one view alone would show, it costs it.
        """
        sections = self.sections | other.sections
        return View(
            name=self._joined(other, "|"),
            sections=sections,
            withhold=frozenset(
                thing
                for thing in self.withhold | other.withhold
                if not STANDS_IN[thing] & sections
                or STANDS_IN[thing] & sections - self.openly(thing) - other.openly(thing)
            ),
        )

    def _joined(self, other: "View", sign: str) -> str:
        return self.name if self.name == other.name else f"{self.name}{sign}{other.name}"

    def openly(self, thing: Withheld) -> frozenset[Section]:
        """The sections that it shows with this thing in them."""
        return frozenset() if thing in self.withhold else self.sections
