"""Numbers of certificates: the year, ten letters that nobody can guess, and one that catches a mistyped number.

`2026-7KQ49-3HMXD-C`
"""

import re

from stdnum import luhn

from points_bank.errors import Invalid, message
from points_bank.keys import LETTERS, Keys, read_letters

RANDOM_LETTERS = 10
"""50 bits: of a million certificates, a thousand tries a second meet one in two weeks, and do not learn whose."""

NOT_A_NUMBER = message("Not a certificate's number. Please check what was typed.")

_SHAPE = re.compile(rf"[0-9]{{4}}[{LETTERS}]{{{RANDOM_LETTERS + 1}}}")


def derive_number(keys: Keys, *, member_id: int, serial: int, year: int) -> str:
    """The number of a member's certificate, counted from 0."""
    letters = keys.letters("certificate", f"{member_id}/{serial}", length=RANDOM_LETTERS)
    return _written(f"{year:04}{letters}")


def read_number(text: str) -> str:
    """A number as typed: small letters, missing hyphens, O for 0 and I or L for 1 do not matter.

    Refuses `invalid` one whose last letter does not fit.
    """
    plain = read_letters(text)
    if not _SHAPE.fullmatch(plain) or _written(plain[:-1])[-1] != plain[-1]:
        raise Invalid({"number": NOT_A_NUMBER})
    return _written(plain[:-1])


def _written(plain: str) -> str:
    year, first, second = plain[:4], plain[4:9], plain[9:]
    return f"{year}-{first}-{second}-{luhn.calc_check_digit(plain, LETTERS)}"
