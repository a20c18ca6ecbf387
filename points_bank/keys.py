"""The bank's secret key, and what is derived from it instead of being stored: codes, PINs, card numbers, hashes."""

import hashlib
import os
import re
import secrets
import unicodedata
from pathlib import Path

_BLOCK = 64
"""Bytes that SHA-256 takes at a time."""
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so that nothing is mistaken for something else. A letter is 5 bits."""


def read_letters(text: str) -> str:
    """A code as typed or read aloud, without blanks and hyphens, in capitals, O as 0 and I and L as 1."""
    plain = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
    return plain.translate(str.maketrans("OIL", "011"))


class Keys:
    """Derives values from the bank's secret by HMAC-SHA-256: the same name always gives the same value."""

    def __init__(self, secret: bytes) -> None:
        assert len(secret) >= 32, "a secret has at least 32 bytes"
        key = (secret if len(secret) <= _BLOCK else hashlib.sha256(secret).digest()).ljust(_BLOCK, b"\0")
        # HMAC hashes the key before every message. Kept hashed, a digest takes a quarter of the time.
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))

    def digest(self, purpose: str, subject: object) -> bytes:
        """32 bytes for a purpose (`reservation`, `phone`, ...) and what it is about."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(f"{purpose}:{subject}".encode())
        outer.update(inner.digest())
        return outer.digest()

    def digits(self, purpose: str, subject: object, *, length: int) -> str:
        """A decimal code of that length."""
        return str(int.from_bytes(self.digest(purpose, subject)) % 10**length).zfill(length)

    def letters(self, purpose: str, subject: object, *, length: int) -> str:
        """A code of `LETTERS` of that length, at most 51."""
        bits = int.from_bytes(self.digest(purpose, subject))
        return "".join(LETTERS[bits >> 5 * place & 31] for place in range(length))


def load_keys(path: Path, *, may_make: bool = True) -> Keys:
    """The keys from a file; where it may be made and is not there, it is, readable by its owner only.

    Two processes that start at once agree: the file appears whole or not at all, and the first one wins. A bank that
    was opened with a key needs that one: with another, no phone would be found and no code would fit.
    """
    if not path.exists():
        if not may_make:
            raise FileNotFoundError(f"its key {path} is missing; put it back from where the backups are")
        write_secret(path, secrets.token_hex(32))
    return Keys(path.read_text(encoding="ascii").strip().encode())


def write_secret(path: Path, secret: str) -> None:
    """Keep a secret at `path` unless one is there."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
