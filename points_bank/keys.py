"""The bank's keys: what is derived from its secret instead of being stored (codes, PINs, card numbers, hashes), and
what personal data is encrypted with.

A text of keys, as a key file or the environment holds it, is the secret and then, for each time that the keys for
encrypting were changed, `NUMBER:KEY` with a key of 64 hexadecimal digits. The first key for encrypting, number 1, is
itself derived from the secret, so that a copy of the key from before there was any encryption opens everything. The
secret is never changed: all that was derived from it would stop fitting.
"""

import errno
import hashlib
import os
import re
import secrets
import stat
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_BLOCK = 64
"""Bytes that SHA-256 takes at a time."""
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so that nothing is mistaken for something else. A letter is 5 bits."""


def read_letters(text: str) -> str:
    """A code as typed or read aloud, without blanks and hyphens, in capitals, O as 0 and I and L as 1."""
    plain = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
    return plain.translate(str.maketrans("OIL", "011"))


SHORTEST_SECRET = 32
"""Bytes, which as it is made are 64 hexadecimal digits."""
FIRST_KEY = 1
"""The number of the key for encrypting that is derived from the secret."""
_NUMBER_BYTES, _NONCE_BYTES = 2, 12


class KeysUnreadable(Exception):
    """A text of keys is not written as it has to be."""


_PROVED = "points-bank"


class KeyMissing(Exception):
    """The bank has a key that this process does not find."""

    def __init__(self, number: int) -> None:
        super().__init__(f"key {number} is not among the bank's keys")
        self.number = number


class OtherKey(Exception):
    """What stands here under a key's number is another key; the first one is derived from the bank's secret."""

    def __init__(self, number: int) -> None:
        super().__init__(f"key {number} is not the bank's")
        self.number = number


class NotOwnFile(PermissionError):
    """A file would no longer belong to whom it belongs, so that the bank could not read it."""


class NotDecrypted(Exception):
    """A value was changed, or moved from the place that it was encrypted for, or its key is another one."""


class KeyText(msgspec.Struct, frozen=True):
    """What a text of keys says: the secret, and by number the keys for encrypting that are not derived from it."""

    secret: str
    encrypting: Mapping[int, bytes]

    def __str__(self) -> str:
        return "\n".join([self.secret, *(f"{number}:{key.hex()}" for number, key in sorted(self.encrypting.items()))])


def read_key_text(text: str) -> KeyText:
    """Keys between blanks, commas or ends of lines. Raises `KeysUnreadable`, which tells no key."""
    secret, *lines = re.split(r"[\s,]+", text.strip())
    if len(secret) < SHORTEST_SECRET:
        raise KeysUnreadable(f"the bank's secret has at least {SHORTEST_SECRET} characters; a longer one is needed")
    encrypting: dict[int, bytes] = {}
    for line in lines:
        parts = re.fullmatch(r"([0-9]{1,5}):([0-9a-f]{64})", line)
        if parts is None or not FIRST_KEY < int(parts[1]) < 2**16 or int(parts[1]) in encrypting:
            raise KeysUnreadable(
                "the bank's keys cannot be read: after the secret, each is NUMBER:64 hexadecimal digits"
            )
        encrypting[int(parts[1])] = bytes.fromhex(parts[2])
    return KeyText(secret, encrypting)


class Keys:
    """Derives values from the bank's secret by HMAC-SHA-256: the same name always gives the same value. Encrypts by
    AES-256-GCM with numbered keys.

    `read` reads the text of keys anew: another process may have added a key since.
    """

    def __init__(
        self,
        secret: bytes,
        encrypting: Mapping[int, bytes] | None = None,
        *,
        read: Callable[[], KeyText] | None = None,
    ) -> None:
        assert len(secret) >= SHORTEST_SECRET, "a secret is long"
        key = (secret if len(secret) <= _BLOCK else hashlib.sha256(secret).digest()).ljust(_BLOCK, b"\0")
        # HMAC hashes the key before every message. Kept hashed, a digest takes a quarter of the time.
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))
        self._read = read
        self._ciphers = {FIRST_KEY: AESGCM(self.digest("encryption", FIRST_KEY))}
        self._take(encrypting or {})

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

    @property
    def newest(self) -> int:
        """The number of the newest key for encrypting that is known here."""
        return max(self._ciphers)

    def encrypt(self, text: str, *, place: str, number: int) -> bytes:
        """A text as it is stored at one place (`member.phone:7`): the key's number, a nonce of its own, what it became.

        Raises `KeyMissing`.
        """
        nonce = os.urandom(_NONCE_BYTES)
        hidden = self._cipher(number).encrypt(nonce, text.encode(), place.encode())
        return number.to_bytes(_NUMBER_BYTES) + nonce + hidden

    def decrypt(self, value: bytes, *, place: str) -> str:
        """The text that was encrypted for that place. Raises `NotDecrypted` and `KeyMissing`."""
        nonce, hidden = value[_NUMBER_BYTES : _NUMBER_BYTES + _NONCE_BYTES], value[_NUMBER_BYTES + _NONCE_BYTES :]
        try:
            return self._cipher(number_of(value)).decrypt(nonce, hidden, place.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise NotDecrypted(f"{place} cannot be decrypted") from error

    def opens(self, value: bytes, *, place: str) -> bool:
        """Whether a value can be decrypted here."""
        try:
            self.decrypt(value, place=place)
        except (KeyMissing, NotDecrypted):
            return False
        return True

    def prove(self, number: int) -> bytes:
        """What `require` later knows this key by. Raises `KeyMissing`."""
        return self.encrypt(_PROVED, place=_place_of_proof(number), number=number)

    def require(self, number: int, proof: bytes | None) -> None:
        """Raises `KeyMissing` where there is no key of that number, and `OtherKey` where it is not the proved one."""
        if self._has(number, proof):
            return
        # Somebody may have put the right one into the file meanwhile.
        if self._read is not None:
            self._take(self._read().encrypting)
        if not self._has(number, proof):
            raise OtherKey(number)

    def _has(self, number: int, proof: bytes | None) -> bool:
        self._cipher(number)
        return proof is None or self.opens(proof, place=_place_of_proof(number))

    def _cipher(self, number: int) -> AESGCM:
        if number not in self._ciphers and self._read is not None:
            self._take(self._read().encrypting)
        if number not in self._ciphers:
            raise KeyMissing(number)
        return self._ciphers[number]

    def _take(self, encrypting: Mapping[int, bytes]) -> None:
        self._ciphers |= {number: AESGCM(key) for number, key in encrypting.items()}


def _place_of_proof(number: int) -> str:
    return f"encryption_key.proof:{number}"


def number_of(value: bytes) -> int:
    """The number of the key that a stored value was encrypted with."""
    return int.from_bytes(value[:_NUMBER_BYTES])


def load_keys(path: Path, *, may_make: bool = True, text: str | None = None) -> Keys:
    """The keys from a file; where it may be made and is not there, it is, readable by its owner only. A `text` of keys,
    from the environment, stands for the file.

    Two processes that start at once agree: the file appears whole or not at all, and the first one wins. A bank that
    was opened with a key needs that one: with another, no phone would be found and no code would fit.
    """
    if text is not None:
        given = read_key_text(text)
        return Keys(given.secret.encode(), given.encrypting)
    if not path.exists():
        if not may_make:
            raise FileNotFoundError(f"its key {path} is missing; put it back from where the backups are")
        write_secret(path, secrets.token_hex(32))

    def read() -> KeyText:
        return read_key_text(path.read_text(encoding="ascii"))

    found = read()
    return Keys(found.secret.encode(), found.encrypting, read=read)


def keys_at(*paths: Path) -> KeyText | None:
    """All keys of one bank that its files hold, of which some may be older; None where there is no file.

    Raises `KeysUnreadable` for files of different banks.
    """
    texts = [read_key_text(path.read_text(encoding="ascii")) for path in paths if path.exists()]
    if not texts:
        return None
    together = {number: key for text in texts for number, key in text.encrypting.items()}
    if any(text.secret != texts[0].secret or not text.encrypting.items() <= together.items() for text in texts):
        raise KeysUnreadable("these are the keys of different banks: " + ", ".join(map(str, paths)))
    return KeyText(texts[0].secret, together)


def retired_path(path: Path) -> Path:
    """Where keys for encrypting are put away that only older backups need."""
    return path.with_name(f"{path.name}.retired")


def write_secret(path: Path, secret: str) -> None:
    """Keep a secret at `path` unless one is there."""
    draft = _draft(path, secret)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def replace_secret(path: Path, secret: str, *, like: Path | None = None) -> None:
    """Keep a secret at `path` instead of what is there: whoever reads finds the one or the other, whole.

    Whoever could read it can read the new one: its owner, group and mode stay, or are those of `like` where nothing is
    there. Raises `NotOwnFile` where they cannot, with nothing changed.
    """
    draft = _draft(path, secret)
    try:
        model = path if path.exists() or like is None else like
        if model.exists():
            _take_after(draft, model)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _take_after(draft: Path, model: Path) -> None:
    own, found = draft.stat(), model.stat()
    if (own.st_uid, own.st_gid) != (found.st_uid, found.st_gid):
        try:
            os.chown(draft, found.st_uid, found.st_gid)
        except PermissionError as error:
            raise NotOwnFile(errno.EPERM, os.strerror(errno.EPERM), str(model)) from error
    draft.chmod(stat.S_IMODE(found.st_mode))


def _draft(path: Path, secret: str) -> Path:
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())
    return draft
