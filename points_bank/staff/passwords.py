"""Passwords: which are accepted, and their hashes. Hashing takes 50 ms on purpose: call it in a thread, not in acts.

A password is its plain text, however it came: by page, API or command, with an input method or with blanks around it.
"""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from points_bank.errors import Invalid, message
from points_bank.typed import plain

SHORTEST, LONGEST = 10, 200

WRONG_LENGTH = message("A password has 10 to 200 characters.")
UNUSABLE = message("Has characters that cannot be used here.")

_HASHER = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)


def hash_password(password: str) -> str:
    """The hash to keep. Refuses `invalid` what is too short, too long, or holds characters that nobody can type."""
    password = plain(password)
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid({"password": WRONG_LENGTH})
    if not password.isprintable():
        raise Invalid({"password": UNUSABLE})
    return _HASHER.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Whether it is the password of that hash. Without a hash it is not, which takes just as long to find out.

    Passwords of before were hashed as they were sent to the API or typed at a command, and are good as they were.
    """
    is_right = _is_hashed(plain(password), password_hash)
    return is_right or (password != plain(password) and _is_hashed(password, password_hash))


def _is_hashed(password: str, password_hash: str | None) -> bool:
    try:
        _HASHER.verify(password_hash or _hash_of_nobody(), password)
        return password_hash is not None
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


@cache
def _hash_of_nobody() -> str:
    return _HASHER.hash("nobody's password")
