"""How figures, dates and times are said on pages, in the reader's language."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date

from points_bank.clock import PeriodKind, day_of, parse_period
from points_bank.errors import message
from points_bank.i18n import Language, translate

_DAY = {Language.CHINESE: "M月d日", Language.ENGLISH: "d MMM"}
_DAY_OF_YEAR = {Language.CHINESE: "y年M月d日", Language.ENGLISH: "d MMM y"}
# As objects: Babel goes through the names of all its locales for each one that is given by its name.
_LOCALE = {Language.CHINESE: Locale.parse("zh_CN"), Language.ENGLISH: Locale.parse("en_GB")}
_DAY_NAME = re.compile(r"\d{4}-\d{2}-\d{2}")
HOURS = message("{hours} h")
MINUTES = message("{minutes} min")
HOURS_AND_MINUTES = message("{hours} h {minutes} min")
WEEK = message("{first} to {last}")
QUARTER = message("quarter {number} of {year}")
YEAR = message("the year {year}")
MINUS = "\N{MINUS SIGN}"


def capital(words: str) -> str:
    """Words that stand alone, with a capital where the language has them."""
    return words[:1].upper() + words[1:]


def number(value: int) -> str:
    """1234 as `1,234`; below zero with a real minus sign."""
    return f"{MINUS if value < 0 else ''}{abs(value):,}"


def signed(value: int) -> str:
    """`+20`, `−60`, `0`."""
    return f"+{value:,}" if value > 0 else number(value)


def duration(minutes: int, language: Language) -> str:
    """Minutes as `9小时35分` or `9 h 35 min`."""
    sign, (hours, left) = ("" if minutes >= 0 else MINUS), divmod(abs(minutes), 60)
    if not hours:
        return sign + translate(MINUTES, language, minutes=left)
    if not left:
        return sign + translate(HOURS, language, hours=f"{hours:,}")
    return sign + translate(HOURS_AND_MINUTES, language, hours=f"{hours:,}", minutes=left)


def day(on: date, language: Language, *, today: date) -> str:
    """`11月14日`, `14 Nov`; with the year where it is not this one."""
    pattern = _DAY if on.year == today.year else _DAY_OF_YEAR
    return format_date(on, pattern[language], locale=_LOCALE[language])


def dated(on: date, language: Language) -> str:
    """`2026年11月14日`, `14 Nov 2026`."""
    return format_date(on, _DAY_OF_YEAR[language], locale=_LOCALE[language])


def weekday(on: date, language: Language) -> str:
    """`周六`, `Sat`."""
    return format_date(on, "EEE", locale=_LOCALE[language])


def moment(at: datetime, language: Language, *, zone: ZoneInfo, today: date) -> str:
    """`11月16日 09:42` by the district's clock; a full second is never shown."""
    return f"{day(day_of(at, zone), language, today=today)} {hour(at, zone)}"


def hour(at: datetime, zone: ZoneInfo) -> str:
    """`09:42` by the district's clock."""
    return at.astimezone(zone).strftime("%H:%M")


def period(named: str, language: Language, *, today: date) -> str:
    """A day, week, month, quarter or year by its name: `11月2日`, `11月2日至11月8日`, `11月`, `2026年第3季度`."""
    found = parse_period(named)
    if found is None:
        return day(date.fromisoformat(named), language, today=today) if _DAY_NAME.fullmatch(named) else named
    if found.kind is PeriodKind.MONTH:
        return month(named, language, today=today)
    if found.kind is PeriodKind.WEEK:
        first, last = (day(on, language, today=today) for on in (found.first_on, found.last_on))
        return translate(WEEK, language, first=first, last=last)
    quarter = (found.first_on.month + 2) // 3
    sentence = QUARTER if found.kind is PeriodKind.QUARTER else YEAR
    return translate(sentence, language, number=quarter, year=found.first_on.year)


def month(name: str, language: Language, *, today: date) -> str:
    """A month such as `2026-11` as `11月` or `Nov`; with the year where it is not this one."""
    first_on = date.fromisoformat(f"{name}-01")
    pattern = {Language.CHINESE: "M月", Language.ENGLISH: "MMMM"}[language]
    if first_on.year != today.year:
        pattern = {Language.CHINESE: "y年M月", Language.ENGLISH: "MMMM y"}[language]
    return format_date(first_on, pattern, locale=_LOCALE[language])
