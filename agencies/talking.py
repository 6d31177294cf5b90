"""One call of the API as a value: what to ask, how to read the answer, and when asking again is safe.

Nothing here touches the network or the clock; `agencies.client` carries these out, waiting or not waiting. What
can go wrong:

    CallFailed
    ├── Refused       the hub answered, with a problem document (RFC 9457) that says what to do next
    └── Unreachable   no hub answered, or what answered is not a hub
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from agencies import wire
from agencies.waiting import retry_after

T = TypeVar("T", bound=BaseModel)

ATTEMPTS = 6
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
MOST_PATIENCE = 60.0  # a hub that asks for more than this is down, as far as one call is concerned
BUSY = frozenset({429, 502, 503, 504})


class CallFailed(Exception):
    """A call came to nothing."""


class Refused(CallFailed):
    """The hub said no, and why. `uncertain` warns that an earlier try of this very call was lost on its way
    and may have been carried out: read the share or message again before you decide.
    """

    def __init__(self, problem: wire.Problem, *, uncertain: bool = False) -> None:
        doubt = " (an earlier try may have been carried out: read it again)" if uncertain else ""
        fields = "".join(f"; {fault.get('field', '?')}: {fault.get('says', '')}" for fault in problem.errors)
        super().__init__(f"{problem.status} {problem.title}: {problem.detail}{fields}. {problem.next}{doubt}")
        self.problem = problem
        self.uncertain = uncertain

    @property
    def status(self) -> int:
        return self.problem.status


class Unreachable(CallFailed):
    """No hub answered. Whether the call was carried out is not known: it is safe to make it again with its key."""


class Answer(Protocol):
    """What came back over HTTP."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> bytes: ...


@dataclass(frozen=True)
class Lost:
    """Nothing came back."""

    why: str


@dataclass(frozen=True)
class Ask(Generic[T]):
    """One call. `key` goes with every POST, the same on each try, so that trying again does nothing twice."""

    method: str
    path: str
    answer: type[T]
    params: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    key: str | None = None
    wait: float = 0.0  # how long the hub may hold the request open

    @property
    def headers(self) -> dict[str, str]:
        told = {} if self.body is None else {"content-type": "application/json"}
        return told if self.key is None else {**told, "idempotency-key": self.key}


def talk(
    ask: Ask[T], *, jitter: Callable[[], float], now: Callable[[], datetime]
) -> Generator[float, Answer | Lost, T]:
    """The whole of one call: yields how long to pause before each try, is sent what came back, returns the answer.

    `jitter` gives figures from 0 to 1, and `now` the time, to read a Retry-After that is a date.
    """
    came = yield 0.0
    lost = False
    for attempt in range(1, ATTEMPTS):
        pause = _again(came, attempt=attempt, jitter=jitter(), now=now())
        if pause is None:
            break
        lost = lost or (isinstance(came, Lost) and ask.method == "POST")
        came = yield pause
    return _read(ask, came, uncertain=lost)


def _again(came: Answer | Lost, *, attempt: int, jitter: float, now: datetime) -> float | None:
    """How long to pause before asking again; None: this is the answer."""
    if isinstance(came, Lost):
        return _pause(attempt, jitter)
    if came.status_code not in BUSY:
        return None
    told = retry_after(came.headers.get("retry-after"), now)
    if told is None:
        return _pause(attempt, jitter)
    return told + FIRST_PAUSE * jitter if told <= MOST_PATIENCE else None


def _pause(attempt: int, jitter: float) -> float:
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (attempt - 1))
    return longest * (0.5 + jitter / 2)


def _read(ask: Ask[T], came: Answer | Lost, *, uncertain: bool) -> T:
    if isinstance(came, Lost):
        raise Unreachable(f"{ask.method} {ask.path}: no answer from the hub ({came.why})")
    if not HTTPStatus(200) <= came.status_code < HTTPStatus(300):
        raise Refused(_problem(ask, came), uncertain=uncertain)
    try:
        return ask.answer.model_validate_json(came.content)
    except ValidationError as fault:
        raise Unreachable(
            f"{ask.method} {ask.path}: what answered is not a hub of this version"
            f" ({fault.error_count()} faults in its {ask.answer.__name__}): check the address"
        ) from None


def _problem(ask: Ask[T], came: Answer) -> wire.Problem:
    try:
        return wire.Problem.model_validate_json(came.content)
    except ValidationError:  # a proxy in between, perhaps
        return wire.Problem(
            type="about:blank",
            title=_phrase(came.status_code),
            status=came.status_code,
            detail=f"{ask.method} {ask.path} was answered without a problem document",
            next="check that the address is that of a hub, and not of something in front of it",
        )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown status"
