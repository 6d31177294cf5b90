"""Who is calling: an agency's system, by a credential that the hub issued to it.

A token reads `cbk_<credential>_<secret>`. The credential's id finds the row; the secret proves the caller.
The hub keeps only the SHA-256 of the secret: it is 32 random bytes, so a slow hash would protect nothing
more. The token is shown once, when it is issued, and cannot be shown again.

A credential speaks for an agency and never for a person. Human acts name their person in the body; people's
own logins come later and will become a second way to be a `Caller`, without a change to what a `Caller` is.
"""

import base64
import hmac
import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

SECRET_BYTES = 32
_TOKEN = re.compile(r"cbk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")


class NotAToken(Exception):
    """What was presented does not have a token's shape. It never repeats what was presented."""

    def __init__(self) -> None:
        super().__init__(
            "this is not a Checkback token: one reads cbk_, sixteen hexadecimal figures, _, and forty-three "
            "more characters. Copy the whole of it from where it was kept, or have the hub's operator issue "
            "another."
        )


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is behind a request, once it is proved."""

    agency: str
    credential: str


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential as the hub stores it. Nothing here lets anybody call."""

    id: str
    agency: str
    hash: bytes  # SHA-256 of the secret's bytes
    issued_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    label: str = ""

    def is_good(self, at: datetime) -> bool:
        """Issued, not expired and not revoked. A moment that ends it is already outside."""
        return at >= self.issued_at and all(
            end is None or at < end for end in (self.expires_at, self.revoked_at)
        )

    def revoked(self, at: datetime) -> "Credential":
        """The same, revoked. The first revocation stands: a second must not move it later."""
        return self if self.revoked_at and self.revoked_at <= at else replace(self, revoked_at=at)

    @property
    def caller(self) -> Caller:
        return Caller(agency=self.agency, credential=self.id)


def issue(
    agency_id: str, *, now: datetime, expires: datetime | None = None, label: str = ""
) -> tuple[Credential, str]:
    """A new credential for an agency, and its token: the only time that the token exists here."""
    if expires is not None and expires <= now:
        raise ValueError("a credential must expire after it is issued: give a later moment, or none")
    secret = _text(secrets.token_bytes(SECRET_BYTES))
    credential = Credential(
        id=secrets.token_hex(8),
        agency=agency_id,
        hash=hash_of(secret),
        issued_at=now,
        expires_at=expires,
        label=label,
    )
    return credential, f"cbk_{credential.id}_{secret}"


def new_webhook_secret() -> str:
    """What the hub signs its pushes to an agency with, in the form that Standard Webhooks libraries take."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def parse_token(token: str) -> tuple[str, str]:
    """The credential's id and the secret, or NotAToken."""
    shape = _TOKEN.fullmatch(token)
    if shape is None:
        raise NotAToken
    credential, secret = shape.groups()
    # Forty-three characters carry 258 bits for 256: only the canonical spelling of a secret is that secret.
    if _text(_bytes(secret)) != secret:
        raise NotAToken
    return credential, secret


def hash_of(secret: str) -> bytes:
    return sha256(_bytes(secret)).digest()


def matches(hash_: bytes, secret: str) -> bool:
    """Whether the secret is the one whose hash is kept, in a time that does not depend on either."""
    return hmac.compare_digest(hash_, hash_of(secret))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
