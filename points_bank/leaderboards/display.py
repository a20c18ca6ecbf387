"""What of standings is displayed: only who agreed to it, masked, and the first ranks alone."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.columns import table_of
from points_bank.leaderboards.standings import rank
from points_bank.members.models import Consent, Member, Purpose
from points_bank.members.names import masked
from points_bank.transaction import Transaction

MEMBER, CONSENT = table_of(Member), table_of(Consent)

ADULT_FROM_YEARS = 18


class Shown(msgspec.Struct, frozen=True):
    """A line of a board as everyone sees it. `member_id` is for joining; it is not displayed."""

    member_id: int
    rank: int
    display_name: str
    value: int


@cache
def first_shown(standings: sa.FromClause) -> sa.Select[tuple[int, str, int]]:
    """Who of some standings (`member_id`, `value`) may be shown, down to `top` places; the greatest value first.

    Who ties with the last place is shown too: nobody is left out who has done as much as another on the board.
    """
    shown = _may_be_shown(standings.c.member_id)
    at_the_cut = (
        sa.select(standings.c.value)
        .join_from(standings, MEMBER, MEMBER.c.id == standings.c.member_id)
        .where(shown)
        .order_by(standings.c.value.desc())
        .limit(1)
        .offset(sa.bindparam("top", type_=sa.Integer) - 1)
        .scalar_subquery()
    )
    return (
        sa.select(standings.c.member_id, MEMBER.c.name, standings.c.value)
        .join_from(standings, MEMBER, MEMBER.c.id == standings.c.member_id)
        .where(shown, standings.c.value >= sa.func.coalesce(at_the_cut, 0))
        .order_by(standings.c.value.desc(), MEMBER.c.name_initials, MEMBER.c.name, MEMBER.c.id)
    )


def shown_of(tx: Transaction, standings: sa.FromClause, values: Mapping[str, Any], *, top: int) -> list[Shown]:
    """The lines of standings that are displayed today, ranked among themselves: 1, 1, 3.

    `standings` may want `values` of its own. Withdrawing a consent, or closing a passbook, takes a name off at once.
    Whose date of birth is unknown counts as of age.
    """
    rows = tx.all(first_shown(standings), **values, top=top, of_age_born_on=_years_before(tx.today, ADULT_FROM_YEARS))
    ranks = rank([row.value for row in rows])
    return [Shown(row.member_id, place, masked(row.name), row.value) for place, row in zip(ranks, rows, strict=True)]


def _may_be_shown(member_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Of a row joined with its member: has agreed, is of age, and the passbook is open."""
    has_agreed = sa.exists().where(
        CONSENT.c.member_id == member_id, CONSENT.c.purpose == Purpose.BOARDS, CONSENT.c.withdrawn_at.is_(None)
    )
    is_of_age = MEMBER.c.born_on.is_(None) | (MEMBER.c.born_on <= sa.bindparam("of_age_born_on"))
    return sa.and_(MEMBER.c.closed_at.is_(None), is_of_age, has_agreed)


def _years_before(on: date, years: int) -> date:
    """The same day so many years before; 28 February for a leap day that was not there."""
    try:
        return on.replace(year=on.year - years)
    except ValueError:
        return on.replace(year=on.year - years, day=28)
