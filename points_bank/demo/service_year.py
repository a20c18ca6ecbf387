"""A year of service of a large demo, drawn sheet by sheet in the order of logging; points are what the rules give."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from points_bank.activities.models import ActivityState, ParticipationState
from points_bank.clock import at_time, start_of_day
from points_bank.demo.crowd import Neighbour, Neighbours, who_serves
from points_bank.demo.large_district import LargeDistrict
from points_bank.demo.plan import Words
from points_bank.demo.programme import draw_days
from points_bank.demo.sizes import LargeSizes
from points_bank.rules.points import CaseOutcome, Earlier, Service, points_for
from points_bank.rules.rule_set import RuleSet, ServiceRole

LATE_PER_CENT, DOUBLED_PER_CENT = 3, 1
SHARED = 6
"""How many people a doubled sheet shares with the other one."""
OVERLAP_MINUTES = 30
FOLLOW_UP_DAYS = 7
LENGTHS = {
    ServiceRole.SERVICE: (60, 90, 120, 120, 150, 180, 240),
    ServiceRole.PUBLICITY: (30, 45, 60),
    ServiceRole.MEDIATION: (45, 60, 90),
}
OUTCOMES = (CaseOutcome.SETTLED,) * 5 + (CaseOutcome.UNSETTLED, CaseOutcome.REFERRED)
DAY = timedelta(days=1)


@dataclass(slots=True)
class LargeSheet:
    """A session before it is written down. `doubles` are the lines of the sheet it overlaps with."""

    community: int
    role: ServiceRole
    on: date
    starts: time
    minutes: int
    log_on: date
    people: list[Neighbour]
    is_late: bool = False
    doubled: frozenset[int] = frozenset()


@dataclass(slots=True)
class ServiceYear:
    """Rows of activities and lines, and those that settle on a day: (member, branch, line, points, minutes, date)."""

    activities: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    settling: dict[date, list[dict[str, Any]]] = field(default_factory=dict)


def draw_sheets(
    rng: Random, sizes: LargeSizes, crowd: Sequence[Sequence[Neighbour]], *, first_on: date, last_on: date
) -> list[LargeSheet]:
    """All sheets of the year in the order of logging."""
    counts = {ServiceRole.MEDIATION: sizes.mediation, ServiceRole.PUBLICITY: sizes.publicity}
    roles = [role for role, number in counts.items() for _ in range(number)]
    roles += [ServiceRole.SERVICE] * (sizes.activities - len(roles))
    rng.shuffle(roles)
    anybody = [who_serves(people) for people in crowd]
    grown_up = [who_serves(people, grown_up=True) for people in crowd]
    doubled = sizes.participations * DOUBLED_PER_CENT // 100 // SHARED
    left = sizes.participations - 2 * sizes.mediation - doubled * SHARED
    sessions, sheets, busy = sizes.activities - sizes.mediation, [], set[tuple[int, date]]()
    days = draw_days(rng, sizes.activities, first_on, last_on)
    for number, (role, day) in enumerate(zip(roles, days, strict=True)):
        community, on, wanted = number % sizes.communities, day, 2
        if role is ServiceRole.MEDIATION:
            on = min(on, last_on - (FOLLOW_UP_DAYS + 3) * DAY)
        else:
            wanted = max(2, round(left / sessions) + rng.randint(-4, 4)) if sessions > 1 else max(2, left)
        whom = anybody if role is ServiceRole.SERVICE else grown_up
        people = _come(rng, whom[community], wanted, on, busy)
        if role is not ServiceRole.MEDIATION:
            left, sessions = left - len(people), sessions - 1
        sheets.append(_sheet(rng, community, role, on, people, last_on))
    _double(rng, sheets, doubled)
    return sorted(sheets, key=lambda sheet: sheet.log_on)


def reckon_year(
    sheets: Sequence[LargeSheet], rules: RuleSet, large: LargeDistrict, words: Words, rng: Random, *,
    settles_on: Mapping[date, date], rule_set_id: int, zone: ZoneInfo, end: datetime,
) -> ServiceYear:  # fmt: skip
    """What is written of the sheets. Caps are reckoned in logging order, as the logbook does."""
    year, given = ServiceYear(), _Given()
    for number, sheet in enumerate(sheets, start=1):
        community = large.communities[sheet.community]
        decided_at = at_time(sheet.log_on + DAY, time(9, 30), zone)
        settles_at = start_of_day(settles_on[sheet.log_on + DAY], zone)
        is_decided, is_settled = decided_at <= end, settles_at <= end
        state = (
            ActivityState.SETTLED if is_settled else ActivityState.UNDER_NOTICE if is_decided else ActivityState.LOGGED
        )
        titles = {
            ServiceRole.SERVICE: words.service,
            ServiceRole.PUBLICITY: words.publicity,
            ServiceRole.MEDIATION: words.mediation,
        }[sheet.role].titles
        title, start = rng.choice(titles), at_time(sheet.on, sheet.starts, zone)
        branch_id = sheet.people[0].home_id
        year.activities.append(
            {
                "id": number, "branch_id": branch_id, "role": sheet.role, "title": title.title, "theme": title.theme,
                "evidence": words.service.evidence if sheet.is_late else None, "started_at": start,
                "ended_at": start + timedelta(minutes=sheet.minutes), "service_on": sheet.on, "state": state,
                "is_late": sheet.is_late, "rule_set_id": rule_set_id, "recorded_by_id": community.recorder.id,
                "recorded_at": min(at_time(sheet.log_on, time(21), zone), end),
                "decided_by_id": community.approver.id if is_decided else None,
                "decided_at": decided_at if is_decided else None, "settles_at": settles_at if is_decided else None,
            }
        )  # fmt: skip
        case = _case(sheet, number, rng)
        for row in _lines(sheet, rules, given, case, words, rng, start=start):
            line = row | {"id": len(year.lines) + 1, "activity_id": number, "settled_at": None, "settles_at": None}
            is_rejected = line["state"] is ParticipationState.REJECTED
            if not is_rejected:
                line["state"] = ParticipationState(state.value)
            if is_settled and not is_rejected:
                line["settled_at"] = settles_at
                year.settling.setdefault(settles_on[sheet.log_on + DAY], []).append(line | {"branch_id": branch_id})
            year.lines.append(line)
    return year


@dataclass(slots=True)
class _Given:
    """What members were given so far, by day and month of service."""

    by_day: Counter[tuple[int, date]] = field(default_factory=Counter)
    by_month: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    sessions: Counter[tuple[int, date]] = field(default_factory=Counter)


def _come(rng: Random, whom: Neighbours, wanted: int, on: date, busy: set[tuple[int, date]]) -> list[Neighbour]:
    """Whoever comes has the day free; fewer where a small community has no more."""
    people: list[Neighbour] = []
    for each in whom.draw(rng, 4 * wanted):
        if len(people) < wanted and (each.id, on) not in busy:
            busy.add((each.id, on))
            people.append(each)
    return people or [next(whom.draw(rng, 1))]


def _sheet(
    rng: Random, community: int, role: ServiceRole, on: date, people: list[Neighbour], last_on: date
) -> LargeSheet:
    delay = rng.choice((0, 0, 0, 0, 1, 2, 3))
    is_late = role is ServiceRole.SERVICE and rng.randrange(100) < LATE_PER_CENT and on + 20 * DAY < last_on
    if role is ServiceRole.MEDIATION:
        delay = FOLLOW_UP_DAYS + rng.randint(0, 2)
    elif is_late:
        delay = rng.randint(9, 20)
    starts = rng.choice((time(8, 30), time(9), time(14), time(15)))
    return LargeSheet(
        community, role, on, starts, rng.choice(LENGTHS[role]), min(on + delay * DAY, last_on), people, is_late
    )


def _double(rng: Random, sheets: list[LargeSheet], number: int) -> None:
    """Some sheets of service take place while another one does, and share people with it, who are struck there."""
    by_community: dict[int, list[LargeSheet]] = {}
    for sheet in sheets:
        if sheet.role is ServiceRole.SERVICE and len(sheet.people) > SHARED:
            by_community.setdefault(sheet.community, []).append(sheet)
    pairs: list[tuple[LargeSheet, LargeSheet]] = []
    for several in by_community.values():
        rng.shuffle(several)
        pairs += zip(several[::2], several[1::2], strict=False)
    for first, second in rng.sample(pairs, min(number, len(pairs))):
        own = {each.id for each in second.people}
        shared = [each for each in first.people if each.id not in own][:SHARED]
        second.on, second.starts, second.log_on, second.is_late = first.on, first.starts, first.log_on, first.is_late
        second.people, second.doubled = second.people + shared, frozenset(each.id for each in shared)


def _case(sheet: LargeSheet, number: int, rng: Random) -> dict[str, Any]:
    if sheet.role is not ServiceRole.MEDIATION:
        return {"case_reference": None, "case_outcome": None, "followed_up_on": None}
    return {
        "case_reference": f"TJ-{sheet.on.year}-{number:05}",
        "case_outcome": rng.choice(OUTCOMES),
        "followed_up_on": sheet.on + FOLLOW_UP_DAYS * DAY,
    }


def _lines(
    sheet: LargeSheet, rules: RuleSet, given: _Given, case: Mapping[str, Any], words: Words, rng: Random, *,
    start: datetime,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    for place, each in enumerate(sheet.people):
        is_doubled = each.id in sheet.doubled
        minutes = sheet.minutes
        if sheet.role is ServiceRole.SERVICE and place and rng.random() < 0.3:
            minutes = max(30, minutes - rng.choice((15, 30, 60)))
        is_lead = sheet.role is ServiceRole.SERVICE and place == 0 and not each.is_child
        day, month = (each.id, sheet.on), (each.id, sheet.on.year, sheet.on.month)
        award = points_for(
            rules,
            Service(
                role=sheet.role, minutes=minutes, served_on=sheet.on, is_lead=is_lead, outcome=case["case_outcome"],
                followed_up_on=case["followed_up_on"],
            ),
            Earlier(
                day_points=given.by_day[day], month_points=given.by_month[month], day_sessions=given.sessions[day],
                case_mediators=place,
            ),
        )  # fmt: skip
        if not is_doubled:
            given.by_day[day] += award.points
            given.by_month[month] += award.points
            given.sessions[day] += sheet.role is ServiceRole.PUBLICITY and award.arithmetic.rule_points > 0
        yield {
            "member_id": each.id, "role": sheet.role, "service_on": sheet.on, "started_at": start,
            "state": ParticipationState.REJECTED if is_doubled else ParticipationState.LOGGED,
            "ended_at": start + timedelta(minutes=minutes), "minutes": minutes,
            "points": 0 if is_doubled else award.points,
            "rule_points": 0 if is_doubled else award.arithmetic.rule_points,
            "is_lead": is_lead, **case, "arithmetic": award.arithmetic.to_json(),
            "overlap_minutes": OVERLAP_MINUTES if is_doubled else 0,
            "decision_reason": words.reasons.overlap if is_doubled else None,
        }  # fmt: skip
