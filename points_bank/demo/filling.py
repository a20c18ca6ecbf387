"""Filling an empty database with the demo district, as a year of days on which people do what they do."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from random import Random

import msgspec
import sqlalchemy as sa

from points_bank.activities.models import Activity, Participation, ParticipationState
from points_bank.actor import Role
from points_bank.clock import Clock, at_time, day_of
from points_bank.columns import table_of
from points_bank.database import Database
from points_bank.demo.beginnings import Beginnings
from points_bank.demo.counter import Counter
from points_bank.demo.district import District, open_district, receive_goods
from points_bank.demo.doubts import Doubts
from points_bank.demo.homes import Homes
from points_bank.demo.kindness import Kindness
from points_bank.demo.neighbourhood import Deed, Deeds, Examples, Neighbourhood
from points_bank.demo.office import Office
from points_bank.demo.papers import Papers
from points_bank.demo.people import Person, Resident, draw_people, register
from points_bank.demo.plan import DistrictPlan, Words, read_plan, read_words
from points_bank.demo.programme import draw_programme
from points_bank.demo.sheets import Logbook
from points_bank.demo.shelves import Shelves
from points_bank.keys import write_secret
from points_bank.leaderboards.models import Edition
from points_bank.members.models import Member
from points_bank.members.pins import next_pin_slip, pin_of, secret_of, set_pin
from points_bank.migrations import is_there
from points_bank.redemptions.models import Redemption
from points_bank.rules.in_force import rules_in_force
from points_bank.scheduler import run_due
from points_bank.settings import Settings
from points_bank.staff.passwords import hash_password
from points_bank.transaction import Transaction

PASSWORD = "wei-min-fu-wu"
YEAR = timedelta(days=364)
DAY = timedelta(days=1)
TOP_UP_AFTER_DAYS = 180
LONGEST_WAIT_SECONDS = 600
BESIDES_VISITS = 12
"""How many redemptions there are besides those of visitors on desk days: what the deeds come to."""


class Login(msgspec.Struct, frozen=True):
    login: str
    name: str
    role: Role
    branch: str


class SampleMember(msgspec.Struct, frozen=True):
    """A member to try things with, for whom there is something on every page."""

    id: int
    name: str
    card_no: str
    pin: str


class Figures(msgspec.Struct, frozen=True):
    members: int
    activities: int
    participations: int
    settled_points: int
    redemptions: int
    editions: int


class DemoDistrict(msgspec.Struct, frozen=True):
    """What there is to know about a filled demo. All of its staff have the same password.

    `examples` names one of each thing that there is to see, in the small district.
    """

    name: str
    until: datetime
    password: str
    logins: Sequence[Login]
    member: SampleMember
    figures: Figures
    examples: Examples = msgspec.field(default_factory=Examples)


class StandingClock(Clock):
    """A clock that stands still until it is put forward, so that the same acts are written with the same instants."""

    def now(self) -> datetime:
        assert self._start_at is not None, "put to an instant when it was made"
        return self._start_at


async def fill(settings: Settings, *, seed: int, until: datetime | None = None) -> DemoDistrict:
    """Fill an empty database with the year before `until`, by default before the last full hour.

    The same seed and `until` give the same books, ids, card numbers and codes, if there was no key file before: that
    of a demo follows from the seed, and everybody knows its passwords. Refuses a bank that has a district.
    """
    end = until or last_full_hour(settings)
    first_on = day_of(end, settings.zone) - YEAR
    if not is_there(settings):
        write_secret(settings.key_path, hashlib.sha256(f"points-bank demo {seed}".encode()).hexdigest())
    clock = StandingClock(at_time(first_on, time(8), settings.zone))
    # Nobody else is served meanwhile: on a slow disk an act may wait for the many before it. And one writes after the
    # other, so that the same seed makes the same books on every database.
    patient = settings.model_copy(update={"queue_wait_seconds": LONGEST_WAIT_SECONDS, "writers": 1})
    async with Database(patient, clock) as database:
        plan, words = read_plan(), read_words()
        district = await open_district(database, plan, password=PASSWORD, on=first_on)
        life = Life(database, clock, district, plan, words, Random(seed), first_on=first_on, end=end)
        await life.pass_by()
        return DemoDistrict(
            name=plan.name,
            until=end,
            password=PASSWORD,
            logins=[Login(each.login, each.name, each.role, _name_of(plan, each.branch)) for each in plan.staff],
            member=await life.sample_member(),
            figures=await database.read(figures_of),
            examples=life.examples,
        )


def last_full_hour(settings: Settings) -> datetime:
    """Up to when a demo is lived through."""
    return Clock(settings.clock).now().astimezone(settings.zone).replace(minute=0, second=0, microsecond=0)


class Life:
    """A year in the district, a day at a time."""

    def __init__(
        self,
        database: Database,
        clock: StandingClock,
        district: District,
        plan: DistrictPlan,
        words: Words,
        rng: Random,
        *,
        first_on: date,
        end: datetime,
    ) -> None:
        self._database, self._clock, self._district, self._rng = database, clock, district, rng
        self._zone, self._end = database.settings.zone, end
        self._first_on, self._last_on = first_on, day_of(end, self._zone)
        self._reasons, self._visits = words.reasons, plan.sizes.redemptions - BESIDES_VISITS
        self.examples = Examples()
        dates = {"first_on": first_on, "last_on": self._last_on}
        self._to_come: list[Person] = draw_people(rng, plan.sizes, words, district, **dates)
        self._residents: list[Resident] = []
        programme = draw_programme(rng, plan.sizes, words, list(district.communities), **dates)
        self._logbook = Logbook(database, district, words, rng, programme)

    async def pass_by(self) -> None:
        """Live until the end: every day the same hours, on each of them whatever there is to do."""
        rules = await self._database.read(rules_in_force, branch_path=self._district.branch.path, on=self._first_on)
        self._counter = Counter(self._database, self._district, rules.rule_set, self._rng)
        self._deeds = self._deeds_of_the_year()
        self._desk_days = await self._counter.desk_days(self._first_on, self._last_on - DAY)
        hours = (
            (time(0), self._do_what_is_due),
            (time(9), self._do_what_is_due),
            (time(9, 10), self._receive_forms),
            (time(9, 30), self._decide),
            (time(10), self._open_desks),
            (time(15), self._work_in_the_office),
            (time(21), self._enter_sheets),
            (time(23, 20), self._enter_late),
        )
        on = self._first_on
        while on <= self._last_on:
            for hour, do in hours:
                at = at_time(on, hour, self._zone)
                if self._clock.now() < at <= self._end:
                    self._clock.set(at)
                    await do(on)
            on += DAY
        self._clock.set(self._end)
        await run_due(self._database)

    async def sample_member(self) -> SampleMember:
        """The member that is shown, with a card and, from now on, a PIN."""
        resident = next(each for each in self._residents if each.person.is_sample)
        by = self._counter.community(resident).recorder
        slip = await self._database.read(next_pin_slip, resident.id, by=by)
        pin = await self._database.read(pin_of, slip)
        pin_hash = hash_password(secret_of(resident.id, pin))
        await self._database.write(set_pin, slip, pin_hash=pin_hash, by=by)
        return SampleMember(resident.id, resident.person.name, resident.card_no, pin)

    async def _do_what_is_due(self, on: date) -> None:
        await run_due(self._database)

    async def _receive_forms(self, on: date) -> None:
        if on == self._first_on:
            await receive_goods(self._database, self._district, is_first=True, reason=self._reasons.opening)
        arrived = [person for person in self._to_come if person.registers_on == on]
        self._residents += await register(self._database, self._district, arrived)

    async def _decide(self, on: date) -> None:
        await self._logbook.decide()

    async def _open_desks(self, on: date) -> None:
        """On desk days people come, the more of them the more points there are to exchange."""
        if on in self._desk_days:
            share = (self._desk_days.index(on) + 1) / len(self._desk_days)
            visitors = round(self._visits * share**2) - self._counter.served
            await self._counter.serve(self._residents, visitors, on)
        if on in self._desk_days[-2:-1]:
            sample = next(each for each in self._residents if each.person.is_sample)
            await self._counter.serve_at_further_desk(sample, on)

    async def _work_in_the_office(self, on: date) -> None:
        if (on - self._first_on).days == TOP_UP_AFTER_DAYS:
            await receive_goods(self._database, self._district, is_first=False, reason=self._reasons.top_up)
        for deed in self._deeds[(self._last_on - on).days]:
            await deed(on)

    async def _enter_sheets(self, on: date) -> None:
        await self._logbook.enter(on, self._residents)

    async def _enter_late(self, on: date) -> None:
        await self._logbook.enter(on, self._residents, at_night=True)

    def _deeds_of_the_year(self) -> Mapping[int, list[Deed]]:
        """What is done by how many days before the end, one after another."""
        here = Neighbourhood(
            self._database, self._district, self._reasons, self._rng, self._residents, self._logbook, self._counter,
            self._last_on, self.examples,
        )  # fmt: skip
        found: dict[int, list[Deed]] = defaultdict(list)
        for kind in (Beginnings, Homes, Office, Doubts, Kindness, Shelves, Papers):
            deeds: Deeds = kind(here).deeds
            for days_before, several in deeds.items():
                found[days_before] += several
        return found


LINE = table_of(Participation)
_SETTLED_POINTS = sa.select(sa.func.coalesce(sa.func.sum(LINE.c.points), 0)).where(
    LINE.c.state == ParticipationState.SETTLED
)


def figures_of(tx: Transaction) -> Figures:
    """What there is of everything."""

    def count(table: sa.Table) -> int:
        return int(tx.scalar(sa.select(sa.func.count()).select_from(table)))

    return Figures(
        members=count(table_of(Member)),
        activities=count(table_of(Activity)),
        participations=count(LINE),
        settled_points=tx.scalar(_SETTLED_POINTS),
        redemptions=count(table_of(Redemption)),
        editions=count(table_of(Edition)),
    )


def _name_of(plan: DistrictPlan, code: str) -> str:
    return next((each.name for each in plan.branches if each.code == code), plan.name)
