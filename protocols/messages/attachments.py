"""What a practitioner filled in with the family and sends along: each in the form that the field knows it by.

Each kind stands in a section of its own, so that a view grants it on its own. None holds an image, and nothing
here is added up or weighed: a grade is the tool's, given by whoever sat with the family.
"""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from protocols.messages.faults import Findings, refuse_at
from protocols.messages.fields import Because, Part, PastDate, PlannedDate, Short, Text, Word
from protocols.messages.people import FATHER_OR_PARTNER, NamedService, Relation, WhichChild

Answer = Literal["yes", "no", "sometimes", "not_known"]

_Who = Annotated[Relation, Word]


class Attachment(Part):
    child: WhichChild = 0
    on: PastDate
    """The day on which it was done or seen."""
    by: Short
    """Who did it or saw it, by name and job."""


class SafeSleepAssessment(Attachment):
    """Where and how a baby sleeps, and what was said about it."""

    place: Literal[
        "cot", "moses_basket", "bedside_crib", "adults_bed", "sofa_or_chair", "car_seat_or_pram", "other",
        "not_born_yet", "not_known",
    ]  # fmt: skip
    """Where the baby sleeps at night; "not_born_yet" where it was talked over before the birth."""
    place_seen: StrictBool
    """Whether the practitioner saw the place, or was told of it."""
    room: Literal["with_a_parent", "alone", "other", "not_known"]
    position: Literal["back", "side", "front", "not_known"]
    bed_sharing: Answer
    """Whether anybody shares a bed, sofa or chair with the sleeping baby."""
    smoking: Answer
    """Whether anybody of the household smokes, or the mother smoked in the pregnancy."""
    alcohol_or_drugs: Answer
    """Whether anybody who cares for the baby at night takes alcohol, drugs or medicine that makes drowsy."""
    temperature: Text
    """How warm the room is, and what the baby is wrapped in."""
    away_from_home: Text | None = None
    """Where the baby sleeps when the night is not like others: visits, travel, a celebration."""
    told_to: tuple[_Who, ...] = Field(min_length=1, max_length=6)
    """Who heard the advice."""
    advice: Text
    """What was advised."""
    in_red_book: StrictBool


class IconConversation(Attachment):
    """ICON: babies cry, you can cope. What was said about a crying baby, and to whom."""

    with_whom: tuple[_Who, ...] = Field(min_length=1, max_length=6)
    """Who was there: the father or partner as well, or it is said below why not."""
    father_or_partner_not_there_because: Because | None = None
    said: Text
    """What was talked over: what they do when the crying does not stop, whom they can ring."""
    leaflet_given: StrictBool
    again_on: PlannedDate | None = None
    """When it is talked over again."""
    not_again_because: Because | None = None
    in_red_book: StrictBool

    @model_validator(mode="after")
    def _with_both_and_again(self) -> Self:
        found = Findings()
        present = Counter(self.with_whom)
        both = present.keys() & FATHER_OR_PARTNER or present[Relation.MOTHER] > 1
        if bool(both) == (self.father_or_partner_not_there_because is not None):
            says = "is for, and only for, a conversation without a father or partner: say why they were not there"
            found.append(("father_or_partner_not_there_because", says))
        if (self.again_on is None) == (self.not_again_because is None):
            found.append(("again_on", "say when it is talked over again, or in not_again_because why not"))
        found.end()
        return self


class RedBookEntry(Attachment):
    """What was written into the child's own health record, which the family keeps."""

    under: Short | None = None
    """The page or heading that it stands under."""
    entry: Text


class Grade(Part):
    grade: Annotated[StrictInt, Field(ge=1, le=5)] | None = None
    """From 1 (the child's needs come first) to 5 (they are not considered), as the tool has them."""
    not_graded_because: Because | None = None
    seen: Text | None = None
    """What was seen and heard that the grade rests on."""

    @model_validator(mode="after")
    def _graded_or_says_why(self) -> Self:
        if (self.grade is None) == (self.not_graded_because is None):
            refuse_at("grade", "give the grade, or say in not_graded_because why there is none")
        return self


class Change(Part):
    what: Text
    who: Short | None = None
    by_when: PlannedDate | None = None


class GradedCareProfile2(Attachment):
    """A summary of the Graded Care Profile 2: the care that a child has, area by area, and what is to change."""

    carers: tuple[_Who, ...] = Field(min_length=1, max_length=6)
    """Whose care it is about; they were there when it was filled in, or `note` says why not."""
    physical: Grade
    safety: Grade
    emotional: Grade
    developmental: Grade
    to_change: tuple[Change, ...] = Field(default=(), max_length=20)
    nothing_to_change_because: Because | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _something_is_to_change(self) -> Self:
        if bool(self.to_change) == (self.nothing_to_change_because is not None):
            says = "say what is to change, or in nothing_to_change_because why nothing is; one of the two"
            refuse_at("to_change", says)
        return self


class Mark(Part):
    """One mark on a child's body: what was seen, and what was said of it. What it may mean is an opinion, elsewhere."""

    region: Literal[
        "scalp", "forehead", "eye", "ear", "cheek", "nose", "mouth", "inside_mouth", "chin", "neck",
        "shoulder", "upper_arm", "elbow", "forearm", "wrist", "hand", "fingers",
        "chest", "breast", "abdomen", "back", "spine", "hip", "buttock", "genitals", "anus",
        "thigh", "knee", "lower_leg", "ankle", "foot", "sole", "toes",
    ]  # fmt: skip
    side: Literal["left", "right", "middle", "both"]
    """The child's own left or right."""
    surface: Literal["front", "back", "outer", "inner", "all_round"]
    what: Literal[
        "bruise", "petechiae", "graze", "scratch", "cut", "burn", "scald", "bite", "swelling", "redness", "bleeding",
        "scar", "birthmark", "other",
    ]  # fmt: skip
    colour: Short
    """As it looked. A colour does not tell how old a bruise is."""
    shape: Short
    """Round, linear, with a clear edge, like the print of something."""
    length_mm: Annotated[StrictInt, Field(ge=1, le=2000)] | None = None
    width_mm: Annotated[StrictInt, Field(ge=1, le=2000)] | None = None
    not_measured_because: Because | None = None
    explanation: Text | None = None
    """What was said of how it came about, in the words that were used."""
    explained_by: (
        Literal["child", "mother", "father", "partner", "sibling", "relative", "other_carer", "other"] | None
    ) = None
    not_explained_because: Because | None = None
    """Nobody was asked, or nobody said."""

    @model_validator(mode="after")
    def _measured_and_explained_or_says_why(self) -> Self:
        found = Findings()
        if (self.length_mm is None) == (self.not_measured_because is None):
            found.append(("length_mm", "give the size in mm, or say in not_measured_because why not"))
        if self.width_mm is not None and self.length_mm is None:
            found.append(("width_mm", "give length_mm as well: the longer of the two"))
        if (self.explanation is None) == (self.not_explained_because is None):
            says = "give what was said of it, or say in not_explained_because why nothing was; one of the two"
            found.append(("explanation", says))
        if (self.explanation is None) != (self.explained_by is None):
            found.append(("explained_by", "is for, and only for, an explanation: say who gave it"))
        found.end()
        return self


class BodyMap(Attachment):
    """Marks that were seen on a child's body. It holds no images: only whether there are any, and who keeps them."""

    undressed: StrictBool
    """Whether the whole of the body was seen."""
    marks: tuple[Mark, ...] = Field(min_length=1, max_length=40)
    photographs: StrictBool
    """Whether photographs were taken."""
    photographs_kept_by: NamedService | None = None
    """Who keeps them: whoever needs them asks there."""

    @model_validator(mode="after")
    def _photographs_are_kept_somewhere(self) -> Self:
        if self.photographs != (self.photographs_kept_by is not None):
            says = "is for, and only for, photographs that exist: say who keeps them"
            refuse_at("photographs_kept_by", says)
        return self


class Attachments(Part):
    """What is sent along. Each stands in a section of its own: a view grants it, or nobody under that view sees it."""

    safe_sleep: tuple[SafeSleepAssessment, ...] = Field(default=(), max_length=6)
    icon: tuple[IconConversation, ...] = Field(default=(), max_length=6)
    red_book: tuple[RedBookEntry, ...] = Field(default=(), max_length=20)
    gcp2: tuple[GradedCareProfile2, ...] = Field(default=(), max_length=6)
    body_map: tuple[BodyMap, ...] = Field(default=(), max_length=6)

    def all(self) -> tuple[tuple[str, tuple[Attachment, ...]], ...]:
        """Each kind by its name."""
        return tuple((name, getattr(self, name)) for name in type(self).model_fields)

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not any(some for _, some in self.all()):
            refuse_at("", "is empty: fill one of its parts in, or leave it out")
        return self
