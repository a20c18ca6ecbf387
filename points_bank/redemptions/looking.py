"""Looking for who or what comes to a desk by one field: a scanned or typed card, phone, tail, name, or a code."""

import re

import msgspec

from points_bank.actor import Actor
from points_bank.branches.tree import branch_of
from points_bank.errors import Invalid
from points_bank.members.record import MemberRecord
from points_bank.members.search import NOT_SEARCHABLE, Clue, Visitor, clue_of, find_by_card, find_members, plain_text
from points_bank.redemptions.order import desk_served
from points_bank.redemptions.reservation import CODE_DIGITS
from points_bank.redemptions.reserved import reservation_with_code
from points_bank.transaction import Transaction

MOST_PEOPLE = 20


class FoundPerson(msgspec.Struct, frozen=True):
    """Enough to tell one from another: `phone` is masked."""

    id: int
    name: str
    branch_name: str
    card_tail: str | None
    phone: str | None


class Found(msgspec.Struct, frozen=True):
    """People whom a text fits, or the reservation that a code is of, with that code.

    `is_more` says that more fit than are listed.
    """

    people: list[FoundPerson] = msgspec.field(default_factory=list)
    is_more: bool = False
    redemption_id: int | None = None
    code: str = ""


def find_at_desk(tx: Transaction, *, desk_id: int, text: str, by: Actor) -> Found:
    """Who or what a text stands for; an act that writes, since a visitor's card is noted.

    Six digits are a reservation's code, all else is a member's. Refuses `invalid` what cannot be looked for, and
    `card_lost`.
    """
    desk_served(tx, desk_id, by=by)
    text = without_wrapping(plain_text(text))
    clue = clue_of(text)
    if clue is Clue.NOTHING:
        raise Invalid({"q": NOT_SEARCHABLE})
    if re.fullmatch(rf"\d{{{CODE_DIGITS}}}", text, re.ASCII):
        return Found(redemption_id=reservation_with_code(tx, desk_id, text, by=by), code=text)
    if clue is Clue.CARD:
        return Found([_person(tx, each) for each in find_by_card(tx, text, by=by)])
    members = find_members(tx, text=text, limit=MOST_PEOPLE, by=by)
    return Found([_person(tx, each) for each in members[:MOST_PEOPLE]], is_more=len(members) > MOST_PEOPLE)


def without_wrapping(text: str) -> str:
    """The number at the end of what a QR code holds, where that is more than a number; any other text as it is."""
    wrapped = re.search(r"[:/=#](\d+)$", text, re.ASCII)
    return wrapped[1] if wrapped else text


def _person(tx: Transaction, member: MemberRecord | Visitor) -> FoundPerson:
    phone = member.phone if isinstance(member, MemberRecord) else None
    card_tail = member.card_no and member.card_no[-4:]
    return FoundPerson(member.id, member.name, branch_of(tx, member.branch_id).name, card_tail, phone)
