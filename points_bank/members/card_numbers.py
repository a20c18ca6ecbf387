"""Card numbers: nine digits that say nothing, and a check digit (ISO 7064 MOD 11,10) that catches a mistyped one."""

import re
import unicodedata
from functools import cache

from stdnum.iso7064 import mod_11_10

from points_bank.errors import Invalid, message
from points_bank.keys import Keys

DIGITS = 10
NOT_A_CARD_NUMBER = message("Not a card number. Please check its 10 digits.")


def derive_card_no(keys: Keys, *, member_id: int, serial: int, attempt: int) -> str:
    """The number of a member's card; `attempt` rises when another card has that number already."""
    digits = keys.digits("card", f"{member_id}/{serial}/{attempt}", length=DIGITS - 1)
    checked = _after(_after(_after(5, digits[:3]), digits[3:6]), digits[6:])
    return f"{digits}{(1 - (checked or 10) * 2 % 11) % 10}"


def read_card_no(text: str, *, field: str = "card_no") -> str:
    """The number as typed or scanned, without spaces. Refuses `invalid` one whose check digit is wrong."""
    card_no = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text))
    if not re.fullmatch(rf"\d{{{DIGITS}}}", card_no, re.ASCII) or not mod_11_10.is_valid(card_no):
        raise Invalid({field: NOT_A_CARD_NUMBER})
    return card_no


@cache
def _after(check: int, three_digits: str) -> int:
    """How MOD 11,10 goes on after three digits, each kept once it is known: a file makes a million numbers."""
    for digit in three_digits:
        check = ((check or 10) * 2 % 11 + int(digit)) % 10
    return check
