"""The columns of an activity in a file, and what they come to: where, in which role, from when to when."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from points_bank.clock import at_time
from points_bank.errors import message
from points_bank.imports.cells import (
    NEEDED,
    Unreadable,
    count_of,
    date_of,
    end_of,
    line_of,
    text_of,
    time_of,
    yes_or_no,
)
from points_bank.imports.finding import WHO
from points_bank.imports.headings import Column, Fault
from points_bank.imports.people import BRANCH_HEADINGS
from points_bank.rules.rule_set import ServiceRole

NOT_A_ROLE = message("Write publicity, mediation or service.")
MINUTES_OR_TIMES = message("Write the minutes, or when it started and ended.")
ENDS_BEFORE_START = message("Ends before it starts. If it went on past midnight, write 次日 01:00 or next day 01:00.")

_ROLES = {
    **{role.value: role for role in ServiceRole},
    **dict.fromkeys(("宣传", "宣传员"), ServiceRole.PUBLICITY),
    **dict.fromkeys(("调解", "调解员"), ServiceRole.MEDIATION),
    **dict.fromkeys(("服务", "服务员"), ServiceRole.SERVICE),
}


def role_of(cell: object) -> ServiceRole:
    role = _ROLES.get(text_of(cell).lower())
    if role is None:
        raise Unreadable(NOT_A_ROLE)
    return role


SESSION: tuple[Column, ...] = (
    Column("branch", BRANCH_HEADINGS, line_of(80)),
    Column("role", ("角色", "三员", "类别", "service role"), role_of),
    Column("title", ("活动", "活动名称", "服务内容", "名称", "activity"), line_of(100)),
    Column("service_on", ("日期", "活动日期", "服务日期", "date"), date_of),
    Column("started_at", ("开始时间", "开始", "start"), time_of),
    Column("ended_at", ("结束时间", "结束", "end"), end_of),
    *WHO,
    Column("minutes", ("分钟", "服务分钟", "时长", "服务时长", "minutes"), count_of),
    Column("is_lead", ("带队", "负责人", "组长", "lead"), yes_or_no),
)
"""Columns that sign-in sheets and past activities have in common."""


class Span(msgspec.Struct, frozen=True):
    """From when to when, as instants; both whole minutes."""

    started_at: datetime
    ended_at: datetime

    @property
    def minutes(self) -> int:
        return (self.ended_at - self.started_at) // timedelta(minutes=1)


def span_of(values: Mapping[str, Any], zone: ZoneInfo) -> Span | Fault:
    """The time of a row by its date and times; without times it starts at 00:00 and lasts its minutes."""
    if "service_on" not in values:
        return Fault("service_on", NEEDED)
    on, start, end, minutes = (values.get(name) for name in ("service_on", "started_at", "ended_at", "minutes"))
    assert on is not None, "looked for above"
    if start is None or end is None:
        if minutes is None:
            return Fault("minutes", MINUTES_OR_TIMES)
        start_at = at_time(on, start, zone) if start else at_time(on, datetime.min.time(), zone)
        return Span(start_at, start_at + timedelta(minutes=minutes))
    ended_at, days = end
    span = Span(at_time(on, start, zone), at_time(on + timedelta(days=days), ended_at, zone))
    return span if span.ended_at > span.started_at else Fault("ended_at", ENDS_BEFORE_START)
