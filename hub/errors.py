"""What can go wrong, as a small tree. Each says what is wrong and what to do next; none carries personal data.

    CheckbackError
    ├── Unauthenticated        who are you?                                  401
    ├── Forbidden              you may see this, but the act is not yours    403
    ├── NotFound               there is none, or it is not yours to know     404
    ├── Conflict               it cannot be done as things stand             409
    │   ├── KeyReused          the Idempotency-Key belongs to another body
    │   └── WrongState         the journey has no such move from here
    ├── Invalid                the request says something that cannot be     422
    └── NotReady               a part of the hub is not up; try again        503
        └── NoKeyYet           an agency has registered no key to seal to

The status codes stand here for the reader; only `hub.web.problems` turns an error into HTTP.
"""


class CheckbackError(Exception):
    """Root of what the hub itself raises. `code` is stable, for programs; `next` tells a person what to do."""

    code = "error"

    def __init__(self, detail: str, *, next: str, faults: tuple[tuple[str, str], ...] = ()) -> None:  # noqa: A002 - the word of the problem document
        super().__init__(detail)
        self.detail = detail
        self.next = next
        self.faults = faults  # (field, what is wrong with it)


class Unauthenticated(CheckbackError):
    code = "unauthenticated"


class Forbidden(CheckbackError):
    code = "forbidden"


class NotFound(CheckbackError):
    code = "not-found"


class Conflict(CheckbackError):
    code = "conflict"


class KeyReused(Conflict):
    code = "idempotency-key-reused"


class WrongState(Conflict):
    code = "wrong-state"


class Invalid(CheckbackError):
    code = "invalid"


class NotReady(CheckbackError):
    code = "not-ready"


class NoKeyYet(NotReady):
    code = "no-key"
