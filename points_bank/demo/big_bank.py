"""A bank as large as is asked for, to measure with: two years of service by people of five hundred estates.

Three in ten serve in any month, a third of them twice; one in five hundred goes to a desk. Points are what the rules
give. It is written in a few statements a month, in the order of keys and without a journal: a run that is broken off
leaves a file that is good for nothing.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, time, timedelta
from math import ceil
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.actor import SYSTEM
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import add_branch
from points_bank.clock import Clock, PeriodKind, at_time, period_of
from points_bank.columns import table_of
from points_bank.database import Database
from points_bank.demo.big_months import DAYS, MEMBER, REWARD_POINTS, count_shelves, exchange, serve
from points_bank.demo.crowd import CardNumbers
from points_bank.encryption import Cipher
from points_bank.keys import FIRST_KEY, load_keys
from points_bank.ledger.bulk import open_accounts
from points_bank.ledger.models import AccountKind
from points_bank.ledger.posting import bank_account
from points_bank.members.models import Card, CardState, Consent, Home, Purpose
from points_bank.members.phones import phone_columns
from points_bank.members.register import ALWAYS
from points_bank.opening import open_bank
from points_bank.rewards.catalogue import add_reward
from points_bank.rewards.desks import add_desk
from points_bank.rules.rule_set import parse_rule_set, reference_content
from points_bank.settings import Settings
from points_bank.sqlite import InnerConnection
from points_bank.staff.people import create_staff
from points_bank.transaction import Context, Transaction

FIRST_MONTH_ON, MONTHS, LAST_MONTH = date(2025, 1, 1), 22, "2026-10"
"""January 2025 to October 2026: nothing of it has lapsed before 2027."""
ACTIVE_PER_MILLE, TWICE_PER_MILLE, VISITORS_PER_MILLE = 300, 110, 2
MONTHS_OF_SAVING = 8
"""Before anybody goes to a desk."""
AWARDS_PER_MILLE = MONTHS * (ACTIVE_PER_MILLE + TWICE_PER_MILLE)
MEMBERS_AT_A_TIME = 20_000
CACHE_KIB = 1_500_000
SURNAMES, GIVEN = "李王张刘陈杨赵黄周吴", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平"
INITIALS = dict(zip(SURNAMES + GIVEN, "lwzlcyzhzwwfnmjlqljyyyjjtmclxp", strict=True))

LARGEST = ("participation", "transfer", "lot_use")

Progress = Callable[[int, int], None]

HOME, CARD, CONSENT = table_of(Home), table_of(Card), table_of(Consent)


class BigBank(msgspec.Struct, frozen=True):
    """What was made. `last_month` is a month that no board has published yet."""

    members: int
    transfers: int
    branches: int
    last_month: str


class Ground(msgspec.Struct, frozen=True):
    """What stands before anybody serves: estates, each with a desk, who records and who approves, one reward."""

    estates: list[int]
    recorder_id: int
    approver_id: int
    reward_id: int


async def make_big_bank(
    settings: Settings, *, members: int, transfers: int, branches: int = 500, progress: Progress = lambda *_: None
) -> BigBank:
    """Fill a new database with so many members and about so many transfers. `progress` hears of months done, of all.

    Fewer people serve in a month, or more, so that the number of transfers is met.
    """
    async with Database(settings, Clock(at_time(FIRST_MONTH_ON, time(0), settings.zone))) as database:
        ground = await _ground(database, branches)
    return await asyncio.to_thread(
        lambda: _Filling(settings, ground, members=members, transfers=transfers, progress=progress).fill()
    )


async def _ground(database: Database, branches: int) -> Ground:
    root = await database.write(open_bank, code="DA", name="大区", by=SYSTEM)
    people = [
        await database.write(create_staff, login=login, name="王", password_hash="-", by=SYSTEM)
        for login in ("recorder", "approver")
    ]
    reward = await database.write(add_reward, name="洗衣液", cost_points=REWARD_POINTS, branch_id=root.id, by=SYSTEM)
    communities = [
        await database.write(
            add_branch,
            code=f"C{number}",
            name=f"第{number}社区",
            kind=BranchKind.COMMUNITY,
            parent_id=root.id,
            by=SYSTEM,
        )
        for number in range(1, ceil(branches / 10) + 1)
    ]
    estates = [
        (await database.write(
            add_branch, code=f"E{number}", name=f"第{number}小区", kind=BranchKind.ESTATE,
            parent_id=communities[number // 10].id, by=SYSTEM,
        )).id
        for number in range(branches)
    ]  # fmt: skip
    for number, estate_id in enumerate(estates):
        await database.write(add_desk, code=f"D{number}", name="兑换点", branch_id=estate_id, by=SYSTEM)
        for kind in (AccountKind.ISSUE, AccountKind.REDEEMED):
            await database.write(bank_account, kind, estate_id)
    return Ground(estates, people[0].id, people[1].id, reward.id)


class _Filling:
    """The months one after another, on one connection that nobody else uses."""

    def __init__(self, settings: Settings, ground: Ground, *, members: int, transfers: int, progress: Progress) -> None:
        self._settings, self._ground, self._members, self._progress = settings, ground, members, progress
        share = transfers / members * 1000 / (AWARDS_PER_MILLE + (MONTHS - MONTHS_OF_SAVING) * VISITORS_PER_MILLE)
        self._active, self._twice, self._visitors = (
            round(share * each) for each in (ACTIVE_PER_MILLE, TWICE_PER_MILLE, VISITORS_PER_MILLE)
        )
        assert self._active <= 1000, "nobody serves twice in half a month"
        self._keys, self._rules = load_keys(settings.key_path), parse_rule_set(reference_content())

    def fill(self) -> BigBank:
        with closing(
            sqlite3.connect(self._settings.database_path, isolation_level=None, check_same_thread=False)
        ) as raw:
            for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{CACHE_KIB}"):
                raw.execute(f"PRAGMA {pragma}")
            self._inner = InnerConnection(raw)
            self._do(FIRST_MONTH_ON, self._register)
            month = period_of(FIRST_MONTH_ON, PeriodKind.MONTH)
            with _indexed_afterwards(raw):
                for number in range(MONTHS):
                    last_month = month
                    self._pass_month(number, month.first_on)
                    month = month.next()
                    self._progress(number + 1, MONTHS)
            self._do(month.first_on, lambda tx: count_shelves(
                tx, reward_id=self._ground.reward_id, received=MONTHS * self._members
            ))  # fmt: skip
            (transfers,) = raw.execute("SELECT COUNT(*) FROM transfer").fetchone()
            raw.execute("PRAGMA journal_mode=WAL")
            self._inner.core.close()
        return BigBank(self._members, transfers, len(self._ground.estates), last_month.name)

    def _pass_month(self, number: int, first_on: date) -> None:
        """Service in both halves, the first one drawn from more people; a visit to the desks between them."""
        second_on = first_on + timedelta(days=DAYS)
        self._serve(number, first_on, self._active)
        if number >= MONTHS_OF_SAVING:
            visits = {"per_mille": self._visitors, "reward_id": self._ground.reward_id}
            self._do(second_on + timedelta(days=5), lambda tx: exchange(tx, draw=number, **visits))
        self._serve(number, second_on, self._twice)

    def _serve(self, number: int, first_on: date, per_mille: int) -> None:
        staff = {"recorder_id": self._ground.recorder_id, "approver_id": self._ground.approver_id}
        self._do(
            first_on + timedelta(days=DAYS + 3),
            lambda tx: serve(tx, self._rules, draw=number, per_mille=per_mille, first_on=first_on, **staff),
        )

    def _do(self, on: date, act: Callable[[Transaction], None]) -> None:
        """Run an act at the start of a day."""
        now = at_time(on, time(0), self._settings.zone)
        self._inner.execute("BEGIN", ())
        act(Transaction(self._inner, Context(self._settings, self._keys), now=now, act="make_big_bank"))
        self._inner.execute("COMMIT", ())

    def _register(self, tx: Transaction) -> None:
        """Everybody, estate by estate, each with a home, a card, consents and an account."""
        numbers = CardNumbers(self._keys)
        agreed = [Purpose.RECORDS, Purpose.BOARDS]
        for first in range(1, self._members + 1, MEMBERS_AT_A_TIME):
            ids = range(first, min(first + MEMBERS_AT_A_TIME, self._members + 1))
            homes = {
                each: self._ground.estates[(each - 1) * len(self._ground.estates) // self._members] for each in ids
            }
            tx.many(sa.insert(MEMBER), [self._person(each, homes[each], tx.now) for each in ids])
            tx.many(sa.insert(HOME), [
                {"member_id": each, "from_on": ALWAYS, "branch_id": homes[each]} for each in ids
            ])  # fmt: skip
            tx.many(sa.insert(CARD), [
                {"card_no": numbers.next(each), "member_id": each, "state": CardState.ACTIVE, "issued_at": tx.now,
                 "ended_at": None}
                for each in ids
            ])  # fmt: skip
            tx.many(sa.insert(CONSENT), [
                {"member_id": each, "purpose": purpose, "given_at": tx.now}
                for each in ids for purpose in agreed[: 1 + each % 5 % 2]
            ])  # fmt: skip
        open_accounts(tx, sa.select(MEMBER.c.id))

    def _person(self, number: int, home_id: int, now: datetime) -> dict[str, Any]:
        name = SURNAMES[number % 10] + GIVEN[number // 10 % 19] + GIVEN[number // 190 % 19]
        phone = None if number % 4 == 0 else str(13000000000 + number * 641)
        return {
            "id": number,
            "name": name,
            "name_initials": "".join(INITIALS[each] for each in name),
            "branch_id": home_id,
            **phone_columns(Cipher(self._keys, FIRST_KEY), number, phone),
            "born_on": date(1940 + number * 7 % 60, 1 + number % 12, 1 + number % 28),
            "is_party_member": number % 8 == 0,
            "guardian_name": None,
            "guardian_consented_on": None,
            "pin_serial": 0,
            "registered_at": now,
        }


@contextmanager
def _indexed_afterwards(raw: sqlite3.Connection) -> Iterator[None]:
    """Leave the indexes of the largest tables away meanwhile: made at the end, they are made in order."""
    found = raw.execute(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN {LARGEST}"
    ).fetchall()
    for name, _ in found:
        raw.execute(f"DROP INDEX {name}")
    yield
    for _, sql in found:
        raw.execute(sql)
