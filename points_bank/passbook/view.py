"""A member's passbook: service, honour and spendable points, what is held or under notice, and the lots."""

from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.activities.models import Activity, Participation, ParticipationState
from points_bank.activities.reading import NAME_OF_SERVICE
from points_bank.actor import Actor, ActorKind, Task
from points_bank.columns import given, table_of
from points_bank.ledger.accounts import ACCOUNT, account_of
from points_bank.ledger.lots import is_past, open_lots, total
from points_bank.ledger.models import AccountKind
from points_bank.members.finding import MemberLine, member_seen
from points_bank.members.models import MemberMerger
from points_bank.redemptions.models import Redemption, RedemptionState
from points_bank.redemptions.payments import paid_by_member
from points_bank.rules.in_force import rules_in_force
from points_bank.suspensions.in_force import SUSPENDED_UNTIL
from points_bank.transaction import Transaction

LINE, ACTIVITY, REDEMPTION = table_of(Participation), table_of(Activity), table_of(Redemption)
MERGER = table_of(MemberMerger)

SHORTEST_STAR_MINUTES = 60


class LotView(msgspec.Struct, frozen=True):
    lapses_on: date
    remaining_points: int


class NoticeView(msgspec.Struct, frozen=True):
    """Service under notice: a mediation is called by its case number.

    What is frozen waits for a decision about a doubt; until then nobody can say when it settles.
    """

    participation_id: int
    settles_at: datetime | None
    points: int
    title: str
    service_on: date
    is_frozen: bool


class Passbook(msgspec.Struct, frozen=True, kw_only=True):
    """`spendable_points` leaves out lots past their date, and is negative where there is a deficit.

    Lifetime totals are the person's: with those of passbooks that were merged into this one. `suspended_until_on` is
    the last day without exchange, where it is suspended. `under_notice` is empty for who may not read the lines.
    """

    member_id: int
    as_of: datetime
    service_minutes: int
    honour_points: int
    spendable_points: int
    held_points: int
    under_notice_points: int
    under_notice: list[NoticeView]
    lots: list[LotView]
    suspended_until_on: date | None
    stars: int


_UNDER_NOTICE = (
    sa.select(
        LINE.c.id,
        ACTIVITY.c.settles_at,
        LINE.c.settles_at.label("freed_until"),
        LINE.c.points,
        NAME_OF_SERVICE.label("title"),
        LINE.c.service_on,
        LINE.c.state,
    )
    .join_from(LINE, ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .where(*given(LINE, "member_id"), LINE.c.state.in_((ParticipationState.UNDER_NOTICE, ParticipationState.FROZEN)))
    .order_by(ACTIVITY.c.settles_at, LINE.c.id)
)


def _of_merged(total: sa.Column[int]) -> sa.ScalarSelect[int]:
    """A lifetime total of those who were merged into a member."""
    # As a list, so that accounts are found by owner: a join may be made from all accounts to the few who were merged.
    merged = sa.select(MERGER.c.member_id).where(MERGER.c.leads_to_id == sa.bindparam("member_id"))
    return (
        sa.select(sa.func.coalesce(sa.func.sum(total), 0))
        .where(ACCOUNT.c.kind == AccountKind.MEMBER, ACCOUNT.c.owner_id.in_(merged))
        .scalar_subquery()
    )


_HELD = sa.select(
    paid_by_member(REDEMPTION.c.state == RedemptionState.RESERVED).label("points"),
    SUSPENDED_UNTIL.scalar_subquery().label("suspended_until_on"),
    _of_merged(ACCOUNT.c.service_minutes).label("merged_minutes"),
    _of_merged(ACCOUNT.c.honour_points).label("merged_honour"),
)


def passbook(tx: Transaction, member_id: int, *, by: Actor) -> Passbook:
    """The passbook as it stands now. Members see their own, staff those that they may read.

    Of a visitor it tells how much is under notice, and not for which service: lines stay with their own branches.
    """
    member = member_seen(tx, member_id, task=Task.READ_PASSBOOKS, by=by)
    account = account_of(tx, member_id)
    held = tx.one(_HELD, member_id=member_id, today=tx.today)
    lots = [lot for lot in open_lots(tx, account.id) if not is_past(lot, tx.today)]
    notices = [_notice(row) for row in tx.all(_UNDER_NOTICE, member_id=member_id)]
    by_date: dict[date, int] = {}
    for lot in lots:
        by_date[lot.lapses_on] = by_date.get(lot.lapses_on, 0) + lot.points
    service_minutes = account.service_minutes + held.merged_minutes
    return Passbook(
        member_id=member_id,
        as_of=tx.now,
        service_minutes=service_minutes,
        honour_points=account.honour_points + held.merged_honour,
        spendable_points=total(lots) - account.deficit_points,
        held_points=held.points,
        under_notice_points=sum(notice.points for notice in notices),
        under_notice=notices if _reads_lines(member, by) else [],
        lots=[LotView(lapses_on, points) for lapses_on, points in by_date.items()],
        suspended_until_on=held.suspended_until_on,
        stars=_stars(tx, member, service_minutes),
    )


def _reads_lines(member: MemberLine, by: Actor) -> bool:
    return by.kind is not ActorKind.STAFF or by.may(Task.READ_TRANSFERS, member.branch_path)


def _stars(tx: Transaction, member: MemberLine, service_minutes: int) -> int:
    """By the rules of the member's branch. No rule set gives a star for less than an hour, so few ask for it."""
    if service_minutes < SHORTEST_STAR_MINUTES:
        return 0
    return rules_in_force(tx, branch_path=member.branch_path, on=tx.today).rule_set.stars_of(service_minutes)


def _notice(row: Any) -> NoticeView:
    is_frozen = row.state is ParticipationState.FROZEN
    settles_at = None if is_frozen else row.freed_until or row.settles_at
    return NoticeView(row.id, settles_at, row.points, row.title, row.service_on, is_frozen)
