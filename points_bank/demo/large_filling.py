"""Filling an empty database with a large demo: drawn as a year of days and written in few statements.

Points are what the rules give, in the order of logging; what settles on a day is posted on that day, so that the
ledger reads as if the year had been lived. Corrections, boards, seals and all that is due in the end are the bank's own
acts.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from points_bank.activities.correction import approve_correction, propose_correction
from points_bank.activities.models import Activity, Participation
from points_bank.branches.calendar import end_of_working_days, is_working
from points_bank.clock import PeriodKind, at_time, day_of, period_of
from points_bank.columns import table_of
from points_bank.database import Database
from points_bank.demo.crowd import register_all, settle_down
from points_bank.demo.filling import PASSWORD, DemoDistrict, Login, SampleMember, StandingClock, figures_of
from points_bank.demo.large_district import LargeDistrict, open_large_district, set_up_boards
from points_bank.demo.plan import Words, read_words
from points_bank.demo.service_year import ServiceYear, draw_sheets, reckon_year
from points_bank.demo.sizes import LargeSizes
from points_bank.demo.visits import Queue, Visits, shelves
from points_bank.ids import go_on_after
from points_bank.keys import write_secret
from points_bank.ledger.bulk import award_all, spend_all
from points_bank.ledger.models import TransferKind
from points_bank.members.models import Card, Member
from points_bank.members.pins import next_pin_slip, pin_of, secret_of, set_pin
from points_bank.migrations import is_there
from points_bank.redemptions.models import Redemption, RedemptionItem
from points_bank.rewards.models import Stock, StockMovement
from points_bank.rules.in_force import rules_in_force
from points_bank.rules.rule_set import ServiceRole
from points_bank.scheduler import run_due
from points_bank.settings import Settings
from points_bank.staff.passwords import hash_password
from points_bank.transaction import Transaction

ACT_LIMIT_SECONDS = 900.0
ROWS_AT_A_TIME = 20_000
REVERSED_PER_MILLE = 5
DESK_DAY = 15
BOARDS_FROM_DAYS = 62
"""So long before the end the boards are set up, so that they have published something."""
SAMPLE_POINTS = 220
YEAR, DAY = timedelta(days=364), timedelta(days=1)

ADD_ACTIVITIES, ADD_LINES = sa.insert(table_of(Activity)), sa.insert(table_of(Participation))
ADD_REDEMPTIONS, ADD_ITEMS = sa.insert(table_of(Redemption)), sa.insert(table_of(RedemptionItem))
ADD_MOVEMENTS, ADD_STOCK = sa.insert(table_of(StockMovement)), sa.insert(table_of(Stock))
MEMBER, CARD = table_of(Member), table_of(Card)
_NAME_AND_CARD = (
    sa.select(MEMBER.c.name, CARD.c.card_no)
    .join_from(MEMBER, CARD, CARD.c.member_id == MEMBER.c.id)
    .where(MEMBER.c.id == sa.bindparam("member_id"))
)

Told = Callable[[str, int, int], None]


async def fill_large(
    settings: Settings, sizes: LargeSizes, *, seed: int, until: datetime, told: Told = lambda *_: None
) -> DemoDistrict:
    """Fill an empty database with the year before `until`; the same seed and `until` make the same district.

    Refuses a bank that has a district. `told` hears what is being done, and how far it is.
    """
    if not is_there(settings):
        write_secret(settings.key_path, hashlib.sha256(f"points-bank demo {seed}".encode()).hexdigest())
    first_on = day_of(until, settings.zone) - YEAR
    clock = StandingClock(at_time(first_on, time(8), settings.zone))
    patient = settings.model_copy(update={"act_limit_seconds": ACT_LIMIT_SECONDS, "writers": 1})
    async with Database(patient, clock) as database:
        large = await open_large_district(database, sizes, password=PASSWORD, on=first_on)
        year = _LargeYear(database, clock, sizes, large, Random(seed), first_on=first_on, end=until, told=told)
        await year.pass_by()
        await database.write(go_on_after, SQLModel.metadata.sorted_tables)
        return DemoDistrict(
            name=sizes.name,
            until=until,
            password=PASSWORD,
            logins=[Login(*each) for each in large.logins],
            member=await year.sample_member(),
            figures=await database.read(figures_of),
        )


class _LargeYear:
    def __init__(
        self, database: Database, clock: StandingClock, sizes: LargeSizes, large: LargeDistrict, rng: Random, *,
        first_on: date, end: datetime, told: Told,
    ) -> None:  # fmt: skip
        self._database, self._clock, self._sizes, self._large, self._rng = database, clock, sizes, large, rng
        self._zone, self._first_on, self._end, self._told = database.settings.zone, first_on, end, told
        self._last_on = day_of(end, self._zone)
        self._words: Words = read_words()
        self._crowd = settle_down(rng, sizes, large)
        self._by_id = {each.id: each for people in self._crowd for each in people}

    async def pass_by(self) -> None:
        party_share = self._sizes.party_members / self._sizes.members
        await self._database.write(
            register_all, list(self._by_id.values()), self._rng, self._words, party_share=party_share,
            on=self._first_on,
        )  # fmt: skip
        year = await self._draw()
        await self._write_rows(ADD_ACTIVITIES, year.activities, "activities")
        await self._write_rows(ADD_LINES, year.lines, "participations")
        await self._live(year)
        await self._correct(year)
        self._clock.set(self._end)
        self._told("due", 0, 1)
        await run_due(self._database)
        self._told("due", 1, 1)

    async def sample_member(self) -> SampleMember:
        """Somebody grown up of the first community who has enough to exchange, with a PIN from now on."""
        people = [each for each in self._crowd[0] if not each.is_child]
        chosen = min(people, key=lambda each: abs(each.balance - SAMPLE_POINTS))
        by = self._large.communities[0].recorder
        slip = await self._database.read(next_pin_slip, chosen.id, by=by)
        pin = await self._database.read(pin_of, slip)
        await self._database.write(set_pin, slip, pin_hash=hash_password(secret_of(chosen.id, pin)), by=by)
        row = await self._database.read(lambda tx: tx.one(_NAME_AND_CARD, member_id=chosen.id))
        return SampleMember(chosen.id, row.name, row.card_no, pin)

    async def _draw(self) -> ServiceYear:
        in_force = await self._database.read(rules_in_force, branch_path=self._large.branch.path, on=self._first_on)
        self._rules = in_force.rule_set
        days = [self._first_on + number * DAY for number in range((self._last_on - self._first_on).days + 2)]

        def ends(tx: Transaction) -> dict[date, date]:
            return {on: end_of_working_days(tx, on, self._rules.notice_working_days) for on in days}

        sheets = draw_sheets(self._rng, self._sizes, self._crowd, first_on=self._first_on, last_on=self._last_on - DAY)
        return reckon_year(
            sheets, self._rules, self._large, self._words, self._rng, settles_on=await self._database.read(ends),
            rule_set_id=in_force.id, zone=self._zone, end=self._end,
        )  # fmt: skip

    async def _write_rows(self, statement: sa.Insert, rows: Sequence[dict[str, Any]], what: str = "") -> None:
        for first in range(0, len(rows), ROWS_AT_A_TIME):
            await self._database.write(_add, statement, rows[first : first + ROWS_AT_A_TIME])
            if what:
                self._told(what, min(first + ROWS_AT_A_TIME, len(rows)), len(rows))

    async def _live(self, year: ServiceYear) -> None:
        """Day by day: what settles at 00:00, and at the desks on a desk day."""
        queue = Queue(self._rng, self._sizes, self._large, self._rules, self._crowd)
        desk_days = await self._database.read(_desk_days, self._first_on, self._last_on - DAY)
        days = (self._last_on - self._first_on).days + 1
        has_boards = False
        for number in range(days):
            on = self._first_on + number * DAY
            if not has_boards and days - number <= BOARDS_FROM_DAYS:
                self._clock.set(at_time(on, time(8), self._zone))
                await set_up_boards(self._database, self._large)
                has_boards = True
            await self._settle(year.settling.get(on, []), on)
            if on in desk_days:
                at = at_time(on, time(10), self._zone)
                share = ((desk_days.index(on) + 1) / len(desk_days)) ** 1.5
                await self._exchange(queue.come(share, at, period_of(on, PeriodKind.MONTH).name), at)
            self._told("days", number + 1, days)
        received, left = shelves(queue, self._large, self._rng, at_time(self._first_on, time(9), self._zone))
        await self._write_rows(ADD_MOVEMENTS, received)
        await self._write_rows(ADD_STOCK, left)

    async def _settle(self, lines: list[dict[str, Any]], on: date) -> None:
        self._clock.set(at_time(on, time(0), self._zone))
        for batch in _once_each(lines):
            await self._database.write(award_all, [
                {
                    "member_id": line["member_id"], "branch_id": line["branch_id"], "points": line["points"],
                    "minutes": line["minutes"], "activities": 1, "occurred_on": line["service_on"],
                    "lapses_on": self._rules.lapses_on(line["service_on"]), "reference": f"participation:{line['id']}",
                }
                for line in batch
            ])  # fmt: skip
        for line in lines:
            self._by_id[line["member_id"]].balance += line["points"]

    async def _exchange(self, visits: Visits, at: datetime) -> None:
        self._clock.set(at)
        await self._database.write(_exchange, visits)

    async def _correct(self, year: ServiceYear) -> None:
        """Some lines turn out to have said too much: two people take back half of them."""
        lines = [line for settled in year.settling.values() for line in settled]
        service = [line for line in lines if line["role"] is ServiceRole.SERVICE and line["minutes"] >= 60]
        wanted = min(len(service), len(lines) * REVERSED_PER_MILLE // 1000)
        community_of = {each.id: number for number, people in enumerate(self._crowd) for each in people}
        self._clock.set(self._end - timedelta(hours=1))
        for number, line in enumerate(self._rng.sample(service, wanted), start=1):
            place = self._large.communities[community_of[line["member_id"]]]
            member = self._by_id[line["member_id"]]
            if member.balance < line["points"]:
                continue
            reason = self._words.reasons.too_long
            await self._database.write(
                propose_correction, line["id"], minutes=line["minutes"] // 2, reason=reason, by=place.recorder
            )
            await self._database.write(approve_correction, line["id"], by=place.approver)
            member.balance -= line["points"]
            self._told("corrections", number, wanted)


def _add(tx: Transaction, statement: sa.Insert, rows: Sequence[dict[str, Any]]) -> None:
    tx.many(statement, rows)


def _exchange(tx: Transaction, visits: Visits) -> None:
    tx.many(ADD_REDEMPTIONS, visits.redemptions)
    tx.many(ADD_ITEMS, visits.items)
    tx.many(ADD_MOVEMENTS, visits.goods)
    spend_all(tx, visits.spendings, kind=TransferKind.REDEMPTION)


def _desk_days(tx: Transaction, first_on: date, last_on: date) -> list[date]:
    """The 15th of every month, or the next working day after it."""
    days, month = [], period_of(first_on, PeriodKind.MONTH)
    while month.first_on <= last_on:
        on = month.first_on.replace(day=DESK_DAY)
        while not is_working(tx, on):
            on += DAY
        days += [on] if first_on <= on <= last_on else []
        month = month.next()
    return days


def _once_each(lines: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The lines in batches in which nobody comes twice."""
    left = lines
    while left:
        met = set[int]()
        batch: list[dict[str, Any]] = []
        later: list[dict[str, Any]] = []
        for line in left:
            (later if line["member_id"] in met else batch).append(line)
            met.add(line["member_id"])
        yield batch
        left = later
