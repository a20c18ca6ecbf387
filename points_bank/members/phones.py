"""Phone numbers as people write them, as they are kept, and as they are shown."""

import re
import unicodedata
from typing import Any

from points_bank.columns import table_of
from points_bank.encryption import Cipher, decrypt
from points_bank.errors import Invalid, message
from points_bank.keys import Keys
from points_bank.members.models import Member
from points_bank.transaction import Transaction

MEMBER = table_of(Member)

NOT_A_PHONE = message("Not a phone number: 11 digits for a mobile, or a landline with its area code.")

# A mobile, a landline with or without its area code, a number abroad. None of them has the 10 digits of a card.
_PHONE = re.compile(r"1[3-9]\d{9}|0[1-9]\d{9,10}|[2-9]\d{6,7}|\+[1-9]\d{6,14}", re.ASCII)

TAIL_HASH_BYTES = 8


def normalised(text: str) -> str:
    """`13812341234` for `+86 138-1234-1234`. Refuses `invalid` what is no phone number."""
    bare = re.sub(r"[\s()-]", "", unicodedata.normalize("NFKC", text))
    bare = re.sub(r"^(\+|00)?86(?=1[3-9]\d{9}$)", "", bare)
    bare = re.sub(r"^(\+|00)860?", "0", bare)
    if not _PHONE.fullmatch(bare):
        raise Invalid({"phone": NOT_A_PHONE})
    return bare


def masked(phone: str) -> str:
    """`138****1234`; of a short number only its tail."""
    return f"{phone[:3] if len(phone) >= 11 else ''}****{phone[-4:]}"


def phone_hash(keys: Keys, phone: str) -> bytes:
    """By this a whole number is found, which nobody can work out from it without the bank's secret."""
    return keys.digest("phone", phone)


def phone_tail_hash(keys: Keys, tail: str) -> bytes:
    """By this the last four digits are found. Whoever has the secret can try all ten thousand; nobody else can."""
    return keys.digest("phone_tail", tail)[:TAIL_HASH_BYTES]


def phone_columns(cipher: Cipher, member_id: int, phone: str | None) -> dict[str, Any]:
    """What is kept of a member's normalised number, or of none."""
    if phone is None:
        return {"phone": None, "phone_tail_hash": None, "phone_hash": None}
    return {"phone": cipher.encrypt(MEMBER.c.phone, member_id, phone), **found_by(cipher.keys, phone)}


def found_by(keys: Keys, phone: str) -> dict[str, bytes]:
    return {"phone_tail_hash": phone_tail_hash(keys, phone[-4:]), "phone_hash": phone_hash(keys, phone)}


def phone_of(tx: Transaction, member_id: int, value: bytes | None) -> str | None:
    """A member's number by what is kept of it, for who must have it whole; `masked` for everybody else."""
    return None if value is None else decrypt(tx, MEMBER.c.phone, member_id, value)
