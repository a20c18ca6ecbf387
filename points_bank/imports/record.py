"""What stands on record of a day already, so that no service of the past is counted a second time."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time

import msgspec
import sqlalchemy as sa

from points_bank.activities.models import Activity, Participation
from points_bank.activities.reckoning import COUNTS_AS_SERVICE
from points_bank.columns import table_of
from points_bank.errors import message
from points_bank.imports.headings import Fault
from points_bank.members.models import Member
from points_bank.transaction import Transaction

ACTIVITY, LINE, MEMBER = table_of(Activity), table_of(Participation), table_of(Member)

DAY_MINUTES = 24 * 60
LONGEST_AGO_YEARS = 60

ON_RECORD = message("On record already, with {minutes} minutes. What is wrong there is put right by a correction.")
OVERLAPS = message("Overlaps {title}, which is on record.")
DAY_IS_FULL = message("With what is on record, this day would have more than 24 hours of service.")
BEFORE_BIRTH = message("Before this person was born.")
LONG_AGO = message("More than {years} years ago.")

_SERVED = (
    sa.select(
        LINE.c.id, LINE.c.member_id, LINE.c.service_on, LINE.c.started_at, LINE.c.ended_at, LINE.c.minutes,
        ACTIVITY.c.title,
    )
    .join_from(LINE, ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .where(
        LINE.c.member_id.in_(sa.bindparam("member_ids", expanding=True)),
        LINE.c.service_on.in_(sa.bindparam("days", expanding=True)),
        LINE.c.state.in_(COUNTS_AS_SERVICE),
    )
)  # fmt: skip
_BORN = sa.select(MEMBER.c.id, MEMBER.c.born_on).where(
    MEMBER.c.id.in_(sa.bindparam("member_ids", expanding=True)), MEMBER.c.born_on.is_not(None)
)


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's service on a day. `has_times` is False where only its length is known, and it stands at 00:00."""

    member_id: int
    service_on: date
    title: str
    started_at: datetime
    ended_at: datetime
    minutes: int
    has_times: bool
    id: int | None = None


def service_doubts(tx: Transaction, coming: Sequence[Served], line_ids: Sequence[int | None]) -> list[Fault | None]:
    """What speaks against each, by the days on record and by those that come before it; `line_ids` are the lines of
    what was taken before, which must still be what it says."""
    member_ids = sorted({each.member_id for each in coming})
    born = {row.id: row.born_on for row in tx.all(_BORN, member_ids=member_ids)}
    days = _on_record(tx, coming, member_ids)
    found: list[Fault | None] = []
    for each, line_id in zip(coming, line_ids, strict=True):
        others = days[each.member_id, each.service_on]
        if line_id is None:
            fault = _date_fault(tx.today, each.service_on, born.get(each.member_id)) or _doubt(each, others)
        else:
            fault = _changed(each, line_id, others)
        if fault is None and line_id is None:
            others.append(each)
        found.append(fault)
    return found


def _on_record(
    tx: Transaction, coming: Sequence[Served], member_ids: Sequence[int]
) -> dict[tuple[int, date], list[Served]]:
    days: dict[tuple[int, date], list[Served]] = defaultdict(list)
    for row in tx.all(_SERVED, member_ids=member_ids, days=sorted({each.service_on for each in coming})):
        has_times = row.started_at.astimezone(tx.zone).time() != time.min
        days[row.member_id, row.service_on].append(Served(has_times=has_times, **row._asdict()))
    return days


def _date_fault(today: date, service_on: date, born_on: date | None) -> Fault | None:
    if born_on is not None and service_on < born_on:
        return Fault("service_on", BEFORE_BIRTH)
    if service_on.year < today.year - LONGEST_AGO_YEARS:
        return Fault("service_on", LONG_AGO, {"years": LONGEST_AGO_YEARS})
    return None


def _doubt(each: Served, others: Sequence[Served]) -> Fault | None:
    """The same activity again, another one at the same time, or more than a day holds."""
    for other in others:
        if each.has_times and other.has_times:
            if each.started_at < other.ended_at and other.started_at < each.ended_at:
                return Fault("service_on", OVERLAPS, {"title": other.title})
        elif each.title.casefold() == other.title.casefold():
            return Fault("minutes", ON_RECORD, {"minutes": other.minutes})
    if each.minutes + sum(other.minutes for other in others) > DAY_MINUTES:
        return Fault("minutes", DAY_IS_FULL)
    return None


def _changed(each: Served, line_id: int, others: Sequence[Served]) -> Fault | None:
    minutes = next((other.minutes for other in others if other.id == line_id), each.minutes)
    return None if minutes == each.minutes else Fault("minutes", ON_RECORD, {"minutes": minutes})
