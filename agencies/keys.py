"""Keys: what an agency opens with, what the hub signs with, and which of them is good on which day.

Two uses. A *seal* key receives: anybody may seal to its public half, only the holder of the private half
opens. It is X-Wing (ML-KEM-768 with X25519), whose private half is one seed of 32 bytes. A *sign* key speaks:
Ed25519.

Keys are dated, never replaced in place. To rotate, a new row begins and the old one ends a while later: what
was sealed to the old key can still be opened with it, what is sealed from now on goes to the new one. A key
that has leaked is revoked, and from that moment it neither receives nor speaks.
"""

import base64
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey

Use = Literal["seal", "sign"]
Signs = Literal["shares", "notes"]  # what one of a hub's keys signs: they are believed apart

SEED = 32  # every private key here is a seed of this many bytes
MLKEM_PUBLIC = 1184
SEAL_PUBLIC = MLKEM_PUBLIC + 32
SIGN_PUBLIC = 32
SIGNATURE = 64


class BadKey(ValueError):
    """These bytes are not a key of the use that they were given for."""


class NoKey(LookupError):
    """There is no key that may be used for this, at this moment. The text says what to do."""


def kid_of(public: bytes) -> str:
    """The name of a key: a key names itself, so that nobody can register one under another's name."""
    return hashlib.sha256(public).hexdigest()[:16]


def b64(raw: bytes) -> str:
    """Base64url without padding: how bytes are written in every document of this project."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The inverse of `b64`, strict: a character that does not belong is an error, not noise to skip."""
    wrong = BadKey("not base64url without padding")
    if "+" in text or "/" in text or "=" in text:  # which the library lets pass
        raise wrong
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise wrong from None


# -- sealing ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SealPublic:
    """The public half: 1184 bytes of ML-KEM-768, then 32 of X25519, as X-Wing orders them."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != SEAL_PUBLIC:
            raise BadKey(f"a public seal key has {SEAL_PUBLIC} bytes, this has {len(self.raw)}")

    @cached_property
    def kid(self) -> str:
        return kid_of(self.raw)

    @cached_property
    def hpke(self) -> MLKEM768X25519PublicKey:
        try:
            lattice = MLKEM768PublicKey.from_public_bytes(self.raw[:MLKEM_PUBLIC])
        except ValueError:
            raise BadKey("the ML-KEM-768 part of this public seal key is not a valid key") from None
        return MLKEM768X25519PublicKey(lattice, X25519PublicKey.from_public_bytes(self.raw[MLKEM_PUBLIC:]))


@dataclass(frozen=True)
class SealPrivate:
    """The private half: one seed, from which X-Wing draws both keys with SHAKE-256."""

    seed: bytes = field(repr=False)  # a key in a log is a key lost

    def __post_init__(self) -> None:
        _check_seed(self.seed)

    @cached_property
    def _parts(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        drawn = hashlib.shake_256(self.seed).digest(96)
        return MLKEM768PrivateKey.from_seed_bytes(drawn[:64]), X25519PrivateKey.from_private_bytes(drawn[64:])

    @cached_property
    def hpke(self) -> MLKEM768X25519PrivateKey:
        return MLKEM768X25519PrivateKey(*self._parts)

    @cached_property
    def public(self) -> SealPublic:
        lattice, curve = self._parts
        return SealPublic(lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw())

    @property
    def kid(self) -> str:
        return self.public.kid


# -- signing ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SignPublic:
    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != SIGN_PUBLIC:
            raise BadKey(f"a public sign key has {SIGN_PUBLIC} bytes, this has {len(self.raw)}")

    @cached_property
    def kid(self) -> str:
        return kid_of(self.raw)

    @cached_property
    def _key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.raw)

    def verifies(self, signature: bytes, said: bytes) -> bool:
        try:
            self._key.verify(signature, said)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SignPrivate:
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _check_seed(self.seed)

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @cached_property
    def public(self) -> SignPublic:
        return SignPublic(self._key.public_key().public_bytes_raw())

    @property
    def kid(self) -> str:
        return self.public.kid

    def sign(self, said: bytes) -> bytes:
        return self._key.sign(said)


def generate_seal_key() -> SealPrivate:
    return SealPrivate(os.urandom(SEED))


def generate_sign_key() -> SignPrivate:
    return SignPrivate(os.urandom(SEED))


def _check_seed(seed: bytes) -> None:
    if len(seed) != SEED:
        raise BadKey(f"a private key is a seed of {SEED} bytes, this has {len(seed)}")


# -- which key, on which day --------------------------------------------------------------------------------


@dataclass(frozen=True)
class KeyRow:
    """One public key of one agency, as the hub keeps it. `valid_to` None: until it is rotated or revoked."""

    kid: str
    agency: str
    use: Use
    public: bytes
    valid_from: datetime
    valid_to: datetime | None = None
    revoked_at: datetime | None = None
    signs: Signs | None = None

    def __post_init__(self) -> None:
        if self.kid != kid_of(self.public):
            raise BadKey(f"key {self.kid} of {self.agency} does not name its own public half")

    @classmethod
    def of(
        cls, key: SealPublic | SignPublic, *, agency: str, since: datetime, signs: Signs | None = None
    ) -> Self:
        use: Use = "seal" if isinstance(key, SealPublic) else "sign"
        return cls(key.kid, agency, use, key.raw, valid_from=since, signs=signs)

    def good(self, at: datetime) -> bool:
        begun = self.valid_from <= at
        ended = self.valid_to is not None and self.valid_to <= at
        revoked = self.revoked_at is not None and self.revoked_at <= at
        return begun and not ended and not revoked

    def revoke(self, at: datetime) -> Self:
        """From `at` on this key is no good; a second revocation does not move the first."""
        return self if self.revoked_at is not None and self.revoked_at <= at else replace(self, revoked_at=at)


def rotate(rows: Iterable[KeyRow], new: KeyRow, *, overlap: timedelta) -> tuple[KeyRow, ...]:
    """The rows to write so that `new` takes over: itself, and its forerunners, each with an end."""
    end = new.valid_from + overlap
    return (
        new,
        *(
            replace(row, valid_to=end)
            for row in rows
            if row.agency == new.agency and row.use == new.use and row.kid != new.kid
            if row.good(new.valid_from) and (row.valid_to is None or row.valid_to > end)
        ),
    )


class KeyRing:
    """Every public key that is known, asked by agency or by name. Immutable: rows change, make a new one."""

    def __init__(self, rows: Iterable[KeyRow]) -> None:
        self._by_agency: dict[str, list[KeyRow]] = {}
        self._signers: dict[str, tuple[KeyRow, SignPublic]] = {}
        self._seals: dict[str, SealPublic] = {}
        for row in sorted(rows, key=lambda row: (row.valid_from, row.kid), reverse=True):
            if row.use == "seal":
                self._by_agency.setdefault(row.agency, []).append(row)
                self._seals[row.kid] = SealPublic(row.public)
            else:
                self._signers[row.kid] = (row, SignPublic(row.public))

    def seal_key(self, agency: str, at: datetime) -> SealPublic:
        """The newest key that this agency can be sealed to."""
        for row in self._by_agency.get(agency, ()):
            if row.good(at):
                return self._seals[row.kid]
        raise NoKey(f"{agency} has no seal key that is valid now: register one (`checkback keys --help`)")

    def can_seal_to(self, agency: str, at: datetime) -> bool:
        try:
            self.seal_key(agency, at)
        except NoKey:
            return False
        return True

    def verify_key(self, kid: str, at: datetime) -> SignPublic:
        """The signer of this name, if it might speak at `at`.

        Pass the moment that you recorded yourself, never one that the signed text claims: a key that leaked
        could otherwise sign for the time before it was revoked.
        """
        row, key = self._signers.get(kid, (None, None))
        if row is None or key is None or not row.good(at):
            raise NoKey(f"sign key {kid} is unknown, ended or revoked: fetch the signer's current keys")
        return key
