"""Codes of receipts: the line's number and 80 bits derived from the bank's key, so that none is kept and none guessed.

`1X-7KQ4-93HM-XD5T-02BN`
"""

import hmac
import re

from points_bank.errors import NotFound
from points_bank.keys import LETTERS, Keys, read_letters

SECRET_LETTERS = 16
_SHAPE = re.compile(rf"([{LETTERS}]{{1,13}})([{LETTERS}]{{{SECRET_LETTERS}}})")


def code_of(keys: Keys, transfer_id: int) -> str:
    """The code on the receipt of a transfer."""
    secret = keys.letters("receipt", transfer_id, length=SECRET_LETTERS)
    groups = [secret[start : start + 4] for start in range(0, SECRET_LETTERS, 4)]
    return "-".join((_in_letters(transfer_id), *groups))


def read_code(keys: Keys, text: str) -> int:
    """The transfer that a code as typed stands for. Refuses `not_found`, which takes as long for every wrong code."""
    parts = _SHAPE.fullmatch(read_letters(text))
    if parts is None:
        raise NotFound
    transfer_id = _number(parts[1])
    if not hmac.compare_digest(parts[2], keys.letters("receipt", transfer_id, length=SECRET_LETTERS)):
        raise NotFound
    return transfer_id


def _in_letters(number: int) -> str:
    letters = ""
    while number:
        number, letter = divmod(number, len(LETTERS))
        letters = LETTERS[letter] + letters
    return letters


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * len(LETTERS) + LETTERS.index(letter)
    return number
