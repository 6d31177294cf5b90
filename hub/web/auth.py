"""Who is calling: one door for every route under /v1.

A Bearer token is the credential of an agency's system. People's own logins will come as a second way to be a
`Caller`; nothing behind this door will see the difference.
"""

from datetime import datetime

from agencies.callers import Caller, NotAToken, matches, parse_token
from hub import errors
from hub.known import Known
from hub.web.limits import Buckets
from hub.web.problems import too_many

NEXT = (
    "send Authorization: Bearer <token>; the hub's operator issues tokens with `checkback credentials issue`"
)


class Door:
    def __init__(self, *, callers: Buckets, strangers: Buckets) -> None:
        self._callers = callers
        self._strangers = strangers

    def admit(self, authorization: str | None, address: str, *, known: Known, at: datetime) -> Caller:
        """The caller, or the error that says why not. A good token is never refused for its address."""
        if authorization is None:
            raise errors.Unauthenticated("the request has no credential", next=NEXT)
        caller = _caller(authorization, known, at)
        if caller is None:
            wait = self._strangers.take(address)
            if wait:
                raise too_many("too many wrong credentials came from this address", wait=wait)
            raise errors.Unauthenticated(
                "this credential is not known, or it has expired or been revoked", next=NEXT
            )
        wait = self._callers.take(caller.credential)
        if wait:
            raise too_many("this credential has used up its requests for the moment", wait=wait)
        return caller


def _caller(authorization: str, known: Known, at: datetime) -> Caller | None:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        credential_id, secret = parse_token(token.strip())
    except NotAToken:
        return None
    credential = known.credentials.get(credential_id)
    if credential is None or not matches(credential.hash, secret) or not credential.is_good(at):
        return None
    return credential.caller
