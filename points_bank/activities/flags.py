"""What looks odd about a sheet: plain values in, flags out. A flag asks for a second look; it blocks nothing."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum

import msgspec

from points_bank.errors import message
from points_bank.i18n import Language, translate
from points_bank.settings import FlagThresholds


class FlagCode(StrEnum):
    LATE_AT_NIGHT = "late_at_night"
    EQUAL_HOURS = "equal_hours"
    RECORDERS_SHARE = "recorders_share"
    NEAR_DAY_CAP = "near_day_cap"
    NEAR_MONTH_CAP = "near_month_cap"
    HEADCOUNT = "headcount"
    FAST_ENTRY = "fast_entry"


SENTENCES: Mapping[FlagCode, str] = {
    FlagCode.LATE_AT_NIGHT: message(
        "Entered at {entered_at}; {night_minutes} min of the service lie at night, from {night_from} to {night_until}."
    ),
    FlagCode.EQUAL_HOURS: message("All {people} people have the same {minutes} min."),
    FlagCode.RECORDERS_SHARE: message(
        "Of the branch's {lines} lines of {days} days, {percent} % were entered by this one of {recorders} recorders."
    ),
    FlagCode.NEAR_DAY_CAP: message(
        "People who come to {percent} % or more of the {cap_points} points that a day can give: {people}."
    ),
    FlagCode.NEAR_MONTH_CAP: message(
        "People who come to {percent} % or more of the {cap_points} points that a month can give: {people}."
    ),
    FlagCode.HEADCOUNT: message("On the sheet: {people} people. Counted on the photo: {headcount}."),
    FlagCode.FAST_ENTRY: message(
        "{sheets} sheets with {minutes} min of service were entered within {seconds} seconds."
    ),
}


class Flag(msgspec.Struct, frozen=True):
    """Something odd, with the figures that make it so: the fields of its sentence."""

    code: FlagCode
    figures: Mapping[str, int | str]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a sheet and of what surrounds it. Times are the district's; rejected lines are left out.

    `minutes`, `day_points` and `month_points` have one figure for each person: the minutes of this sheet, and what it
    brings the person to on that day and in that month. `lines_by_recorder` counts what each recorder of the branch
    entered for service of the `share_days` up to this one. `sheets_in_a_row` are the minutes of the sheets which this
    recorder entered within `fast_seconds` up to this one, which is the last.
    """

    started_at: datetime
    ended_at: datetime
    recorded_at: datetime
    recorder_id: int
    headcount: int | None
    minutes: Sequence[int]
    day_points: Sequence[int]
    month_points: Sequence[int]
    day_cap_points: int
    month_cap_points: int
    lines_by_recorder: Mapping[int, int]
    sheets_in_a_row: Sequence[int]


class ToldFlag(msgspec.Struct, frozen=True):
    """A flag with its sentence in the reader's language."""

    code: FlagCode
    figures: Mapping[str, int | str]
    sentence: str


def told(flag: Flag, language: Language) -> ToldFlag:
    return ToldFlag(flag.code, flag.figures, translate(SENTENCES[flag.code], language, **flag.figures))


def flags_of(facts: Facts, thresholds: FlagThresholds) -> list[Flag]:
    """Everything odd about a sheet, in the order of the codes."""
    return [flag for look in LOOKS if (flag := look(facts, thresholds)) is not None]


def late_at_night(facts: Facts, thresholds: FlagThresholds) -> Flag | None:
    """Entered at night, or service at night."""
    starts, ends = time(thresholds.night_from_hour), time(thresholds.night_until_hour)
    minutes = night_minutes(facts.started_at, facts.ended_at, starts, ends)
    entered = facts.recorded_at
    if not minutes and not night_minutes(entered, entered + timedelta(minutes=1), starts, ends):
        return None
    figures: dict[str, int | str] = {
        "entered_at": f"{entered:%H:%M}",
        "night_minutes": minutes,
        "night_from": f"{starts:%H:%M}",
        "night_until": f"{ends:%H:%M}",
    }
    return Flag(FlagCode.LATE_AT_NIGHT, figures)


def equal_hours(facts: Facts, thresholds: FlagThresholds) -> Flag | None:
    """Many people, many hours, and everybody exactly the same."""
    people = len(facts.minutes)
    if people < thresholds.equal_people or len(set(facts.minutes)) > 1:
        return None
    if facts.minutes[0] < thresholds.equal_minutes:
        return None
    return Flag(FlagCode.EQUAL_HOURS, {"people": people, "minutes": facts.minutes[0]})


def recorders_share(facts: Facts, thresholds: FlagThresholds) -> Flag | None:
    """One of several recorders enters most of what a branch has. Who records alone has nobody to be compared with."""
    lines, recorders = sum(facts.lines_by_recorder.values()), len(facts.lines_by_recorder)
    if recorders < 2 or lines < thresholds.share_lines:
        return None
    percent = 100 * facts.lines_by_recorder.get(facts.recorder_id, 0) // lines
    if percent < thresholds.share_percent:
        return None
    figures = {"lines": lines, "days": thresholds.share_days, "percent": percent, "recorders": recorders}
    return Flag(FlagCode.RECORDERS_SHARE, figures)


def near_day_cap(facts: Facts, thresholds: FlagThresholds) -> Flag | None:
    return _near_cap(FlagCode.NEAR_DAY_CAP, facts.day_points, facts.day_cap_points, thresholds)


def near_month_cap(facts: Facts, thresholds: FlagThresholds) -> Flag | None:
    return _near_cap(FlagCode.NEAR_MONTH_CAP, facts.month_points, facts.month_cap_points, thresholds)


def headcount(facts: Facts, thresholds: FlagThresholds) -> Flag | None:
    """More people on the sheet than were counted on the photo. The other way round, nobody gains by it."""
    people = len(facts.minutes)
    if facts.headcount is None or people <= facts.headcount:
        return None
    return Flag(FlagCode.HEADCOUNT, {"people": people, "headcount": facts.headcount})


def fast_entry(facts: Facts, thresholds: FlagThresholds) -> Flag | None:
    """Hours of service typed in within minutes, sheet after sheet."""
    sheets, minutes = len(facts.sheets_in_a_row), sum(facts.sheets_in_a_row)
    if sheets < 2 or minutes < thresholds.fast_minutes:
        return None
    return Flag(FlagCode.FAST_ENTRY, {"sheets": sheets, "minutes": minutes, "seconds": thresholds.fast_seconds})


LOOKS: tuple[Callable[[Facts, FlagThresholds], Flag | None], ...] = (
    late_at_night,
    equal_hours,
    recorders_share,
    near_day_cap,
    near_month_cap,
    headcount,
    fast_entry,
)


def night_minutes(started_at: datetime, ended_at: datetime, night_from: time, night_until: time) -> int:
    """Whole minutes between two local times that lie at night; one that begins in the evening ends the next morning."""
    shared, lasts_over_midnight = timedelta(), night_until <= night_from
    on: date = started_at.date() - timedelta(days=1)
    while on <= ended_at.date():
        dusk = datetime.combine(on, night_from, started_at.tzinfo)
        dawn = datetime.combine(on + timedelta(days=lasts_over_midnight), night_until, started_at.tzinfo)
        shared += max(timedelta(), min(ended_at, dawn) - max(started_at, dusk))
        on += timedelta(days=1)
    return int(shared.total_seconds()) // 60


def _near_cap(code: FlagCode, points: Sequence[int], cap_points: int, thresholds: FlagThresholds) -> Flag | None:
    percent = thresholds.near_cap_percent
    people = sum(1 for each in points if each * 100 >= cap_points * percent)
    return Flag(code, {"people": people, "percent": percent, "cap_points": cap_points}) if people else None
