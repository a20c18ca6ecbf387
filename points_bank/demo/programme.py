"""What takes place in the year: when, where, with how many people, and what becomes of the sheet."""

from bisect import bisect
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from points_bank.demo.plan import Sizes, Title, Words
from points_bank.rules.rule_set import ServiceRole

DAY = timedelta(days=1)
FOLLOW_UP_DAYS = 8
DOUBLE_MINUTES, DOUBLE_OVERLAP_MINUTES = 150, 60
LATE, DOUBLED, REJECTED = 2, 4, 1
"""How many sheets come late, how many sessions share a person with another one, how many sheets are turned down."""

ODD_STARTS, ODD_MINUTES = time(19), 210
ODD_PEOPLE, ODD_HEADCOUNT = 8, 5
"""How many people stand on the sheet that looks odd, and how many its photo shows."""


class Ending(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"
    RETURNED = "returned"
    WAITING = "waiting"


class Recent(msgspec.Struct, frozen=True):
    """What took place in the last weeks, so many days ago, in the first or second community."""

    days_ago: int
    role: ServiceRole
    place: int
    ending: Ending = Ending.APPROVED
    is_odd: bool = False


RECENT = (
    Recent(36, ServiceRole.SERVICE, 0),
    Recent(30, ServiceRole.SERVICE, 1),
    Recent(29, ServiceRole.SERVICE, 0),
    Recent(22, ServiceRole.PUBLICITY, 1),
    Recent(16, ServiceRole.SERVICE, 0),
    Recent(15, ServiceRole.SERVICE, 1),
    Recent(9, ServiceRole.SERVICE, 0),
    Recent(8, ServiceRole.SERVICE, 1),
    Recent(6, ServiceRole.SERVICE, 0),
    Recent(5, ServiceRole.MEDIATION, 1, Ending.WAITING),
    Recent(4, ServiceRole.SERVICE, 0, Ending.RETURNED),
    Recent(3, ServiceRole.SERVICE, 0),
    Recent(2, ServiceRole.PUBLICITY, 1),
    Recent(2, ServiceRole.SERVICE, 0, Ending.WAITING, is_odd=True),
    Recent(1, ServiceRole.PUBLICITY, 0, Ending.WAITING),
    Recent(1, ServiceRole.SERVICE, 1, Ending.WAITING),
    Recent(1, ServiceRole.SERVICE, 0, Ending.WAITING),
)
"""The mediation is entered while its case is open. The last sheet gets a double."""


class Session(msgspec.Struct, frozen=True):
    """One activity to come. `doubles` is the number of another one on the same day with which it shares a person.

    The sheet is entered in the evening of `log_on`. A mediation without `is_followed_up` is entered while its case is
    open. What `is_odd` took place and is entered late at night, with the same time for all and more people than on the
    photo. The member that is shown comes to whatever `is_recent` and ordinary.
    """

    number: int
    on: date
    log_on: date
    community: str
    role: ServiceRole
    title: Title
    starts: time
    minutes: int
    people: int
    ending: Ending = Ending.APPROVED
    evidence: str | None = None
    is_followed_up: bool = True
    is_odd: bool = False
    is_recent: bool = False
    doubles: int | None = None

    def started_at(self, zone: ZoneInfo) -> datetime:
        return datetime.combine(self.on, self.starts, tzinfo=zone)

    def ended_at(self, zone: ZoneInfo) -> datetime:
        return self.started_at(zone) + timedelta(minutes=self.minutes)


def draw_programme(
    rng: Random, sizes: Sizes, words: Words, communities: Sequence[str], *, first_on: date, last_on: date
) -> list[Session]:
    """The sessions of a year in the order in which their sheets are entered; some stand close to its end."""
    drawn = _Programme(rng, words, communities, last_on)
    counts = {
        ServiceRole.MEDIATION: sizes.mediation,
        ServiceRole.PUBLICITY: sizes.publicity,
        ServiceRole.SERVICE: sizes.activities - sizes.mediation - sizes.publicity - DOUBLED - 1,
    }
    for role, count in counts.items():
        earlier = count - [recent.role for recent in RECENT].count(role)
        for on in draw_days(rng, earlier, first_on + 3 * DAY, last_on - 17 * DAY):
            drawn.add(on, role)
    drawn.make_exceptions()
    for recent in RECENT:
        drawn.add_recent(recent)
    drawn.double_the_latest()
    return sorted(drawn.sessions, key=lambda session: (session.log_on, session.number))


class _Programme:
    """The sessions as they are drawn; a session's number is its place in the list."""

    def __init__(self, rng: Random, words: Words, communities: Sequence[str], last_on: date) -> None:
        self._rng, self._words, self._communities, self._last_on = rng, words, communities, last_on
        self.sessions: list[Session] = []

    def add(self, on: date, role: ServiceRole) -> None:
        number = len(self.sessions)
        community = self._communities[number % len(self._communities)]
        titles = {
            ServiceRole.SERVICE: self._words.service,
            ServiceRole.PUBLICITY: self._words.publicity,
            ServiceRole.MEDIATION: self._words.mediation,
        }[role].titles
        starts, minutes, people, delay = self._habits(role)
        self.sessions.append(
            Session(number, on, on + delay * DAY, community, role, self._rng.choice(titles), starts, minutes, people)
        )

    def add_recent(self, recent: Recent) -> None:
        """One that is entered on the same day."""
        on = self._last_on - recent.days_ago * DAY
        self.add(on, recent.role)
        session = replace(
            self.sessions[-1], log_on=on, community=self._communities[recent.place], ending=recent.ending,
            is_recent=True, is_followed_up=recent.role is not ServiceRole.MEDIATION,
        )  # fmt: skip
        if recent.is_odd:
            session = replace(session, is_odd=True, starts=ODD_STARTS, minutes=ODD_MINUTES, people=ODD_PEOPLE)
        self.sessions[-1] = session

    def make_exceptions(self) -> None:
        """Sheets that come late, that double another one, and one that is turned down."""
        ordinary = [
            session.number
            for session in self.sessions
            if session.role is ServiceRole.SERVICE and self._last_on - session.on > 30 * DAY
        ]
        chosen = self._rng.sample(ordinary, LATE + DOUBLED + REJECTED)
        for number in chosen[:LATE]:
            delay, evidence = self._rng.randint(9, 20), self._words.service.evidence
            session = self.sessions[number]
            self.sessions[number] = replace(session, log_on=session.on + delay * DAY, evidence=evidence)
        for number in chosen[LATE:-REJECTED]:
            self._double(number)
        for number in chosen[-REJECTED:]:
            self.sessions[number] = replace(self.sessions[number], ending=Ending.REJECTED)

    def double_the_latest(self) -> None:
        self._double(self.sessions[-1].number)

    def _double(self, number: int) -> None:
        """Another session that begins before this one ends, and shares a person with it."""
        first = self.sessions[number]
        minutes = first.starts.hour * 60 + first.starts.minute + first.minutes - DOUBLE_OVERLAP_MINUTES
        others = [title for title in self._words.service.titles if title != first.title]
        self.sessions.append(
            replace(
                first, number=len(self.sessions), title=self._rng.choice(others), people=3, doubles=number,
                starts=time(minutes // 60, minutes % 60), minutes=DOUBLE_MINUTES,
            )
        )  # fmt: skip

    def _habits(self, role: ServiceRole) -> tuple[time, int, int, int]:
        """When a session of a role starts, its minutes, how many people come, and after how many days it is entered."""
        rng = self._rng
        if role is ServiceRole.MEDIATION:
            return time(15), rng.choice((45, 60, 90)), 2, FOLLOW_UP_DAYS + rng.randint(0, 2)
        delay = rng.choice((0, 0, 0, 0, 1, 2, 3))
        if role is ServiceRole.PUBLICITY:
            return rng.choice((time(9, 30), time(16))), rng.choice((30, 45, 60)), rng.randint(9, 13), delay
        return rng.choice((time(8, 30), time(14))), rng.choice((180, 210, 240, 240, 300)), rng.randint(8, 15), delay


def draw_days(rng: Random, count: int, first_on: date, last_on: date) -> list[date]:
    """Days on which something takes place, evenly by liveliness: more of them where more goes on."""
    days = [first_on + number * DAY for number in range((last_on - first_on).days + 1)]
    reached = list(accumulate(_liveliness(on) for on in days))
    return [days[bisect(reached, (number + rng.random()) / count * reached[-1])] for number in range(count)]


def _liveliness(on: date) -> float:
    """Weekends above all, and more of it in March, around 1 July and in December."""
    by_weekday = (0.5, 0.5, 0.5, 0.5, 1.0, 5.0, 3.0)[on.weekday()]
    is_around_1_july = (6, 24) <= (on.month, on.day) <= (7, 7)
    is_lively = on.month in {3, 12} or is_around_1_july
    return by_weekday * (2.0 if is_lively else 1.0)
