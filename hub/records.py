"""The records key: what the hub must be able to show to the two ends, and nobody may read in a dump.

A practitioner's name, a case reference, a reason for withholding: each is kept under AES-256-GCM, bound to the row
and the column that it stands in, so that a value moved to another row does not open.
"""

import hmac
import os
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class Records:
    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(hmac.digest(key, b"checkback records v1: encrypt", sha256))
        self._mac_key = hmac.digest(key, b"checkback records v1: compare", sha256)

    def hide(self, value: str | None, *, where: str) -> bytes | None:
        if value is None:
            return None
        nonce = os.urandom(NONCE)
        return nonce + self._aead.encrypt(nonce, value.encode(), where.encode())

    def show(self, hidden: bytes | None, *, where: str) -> str | None:
        if hidden is None:
            return None
        hidden = bytes(hidden)
        try:
            return self._aead.decrypt(hidden[:NONCE], hidden[NONCE:], where.encode()).decode()
        except InvalidTag as fault:
            raise ValueError(f"what stands in {where} was not written with this records key") from fault

    def mark(self, key: str) -> str:
        """What is kept of a key of a caller's own making: systems make them of case numbers, and of worse."""
        return self.fingerprint(b"key " + key.encode()).hex()

    def fingerprint(self, body: bytes) -> bytes:
        """Tells two bodies apart without a plain digest, from which a short body could be guessed."""
        return hmac.digest(self._mac_key, body, sha256)
