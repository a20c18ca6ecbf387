"""What a member sees first: their passbook, how far the next star is, what waits for them, and the newest lines."""

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.columns import given
from points_bank.members.finding import member_seen
from points_bank.members.record import MemberRecord, member_record
from points_bank.outbox import MESSAGE
from points_bank.passbook.lines import PassbookLine, passbook_lines
from points_bank.passbook.view import LotView, Passbook, passbook
from points_bank.redemptions.own import OwnReservation, waiting_for_member
from points_bank.rules.in_force import rules_in_force
from points_bank.transaction import Transaction

NEWEST_LINES = 5
LINES_OF_A_PAGE = 15
SOON_DAYS = 60
"""So long before points lapse it is said with emphasis; that is when the first reminder goes out, too."""


class Front(msgspec.Struct, frozen=True, kw_only=True):
    """`minutes_to_next_star` is None from the last star on; `lapsing_soon` is what lapses within `SOON_DAYS`."""

    record: MemberRecord
    book: Passbook
    minutes_to_next_star: int | None
    lapsing_soon: LotView | None
    reservations: list[OwnReservation]
    unread_messages: int
    lines: list[PassbookLine]


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the passbook's lines, newest first; `older_before` asks for the part before it, None at the end."""

    record: MemberRecord
    book: Passbook
    lines: list[PassbookLine]
    older_before: int | None


_UNREAD = (
    sa.select(sa.func.count()).select_from(MESSAGE).where(*given(MESSAGE, "member_id"), MESSAGE.c.read_at.is_(None))
)


def front_of(tx: Transaction, *, by: Actor) -> Front:
    """The first page of the passbook of the member who asks."""
    assert by.member_id is not None, "a member asks"
    book = passbook(tx, by.member_id, by=by)
    return Front(
        record=member_record(tx, by.member_id, by=by),
        book=book,
        minutes_to_next_star=_minutes_to_next_star(tx, book, by),
        lapsing_soon=next((lot for lot in book.lots if (lot.lapses_on - tx.today).days <= SOON_DAYS), None),
        reservations=waiting_for_member(tx, by=by),
        unread_messages=tx.scalar(_UNREAD, member_id=by.member_id),
        lines=passbook_lines(tx, by.member_id, before_id=None, limit=NEWEST_LINES, by=by)[:NEWEST_LINES],
    )


def statement_of(tx: Transaction, *, before_id: int | None, by: Actor) -> Statement:
    """The lines of the passbook of the member who asks, from the one before `before_id` on."""
    assert by.member_id is not None, "a member asks"
    found = passbook_lines(tx, by.member_id, before_id=before_id, limit=LINES_OF_A_PAGE, by=by)
    lines, more = found[:LINES_OF_A_PAGE], found[LINES_OF_A_PAGE:]
    return Statement(
        record=member_record(tx, by.member_id, by=by),
        book=passbook(tx, by.member_id, by=by),
        lines=lines,
        older_before=lines[-1].id if more else None,
    )


def _minutes_to_next_star(tx: Transaction, book: Passbook, by: Actor) -> int | None:
    member = member_seen(tx, book.member_id, task=Task.READ_PASSBOOKS, by=by)
    star_hours = rules_in_force(tx, branch_path=member.branch_path, on=tx.today).rule_set.star_hours
    return next((60 * hours - book.service_minutes for hours in star_hours if 60 * hours > book.service_minutes), None)
