"""Opening a large demo district with the bank's own acts: the tree, who works there, desks, the catalogue, boards."""

import asyncio
from collections.abc import Sequence
from datetime import date, time

import msgspec

from points_bank.actor import SYSTEM, Actor, Role
from points_bank.branches.models import BranchKind, ManagementMode
from points_bank.branches.tree import BranchLine, add_branch
from points_bank.clock import PeriodKind
from points_bank.database import Database
from points_bank.demo.sizes import LargeSizes
from points_bank.leaderboards.boards import create_board
from points_bank.leaderboards.models import Measure, Population
from points_bank.ledger.models import AccountKind
from points_bank.ledger.posting import bank_account
from points_bank.opening import open_bank
from points_bank.rewards.catalogue import add_reward
from points_bank.rewards.desks import add_desk
from points_bank.staff.passwords import hash_password
from points_bank.staff.people import create_staff, grant_right
from points_bank.staff.tokens import staff_actor
from points_bank.transaction import Transaction

MODES = (ManagementMode.SELF_RUN,) * 13 + (ManagementMode.COMPANY_RUN,) * 5 + (
    ManagementMode.UNIT_RUN, ManagementMode.COMMUNITY_RUN,
)  # fmt: skip
"""Of Longxu's 157 estates 101 have no property company."""
GOODS = (
    ("香皂", 50), ("抽纸", 80), ("洗衣液", 80), ("牙膏", 60), ("挂面", 100), ("理发券", 150), ("雨伞", 200),
    ("大米", 500), ("食用油", 850), ("洗车券", 200), ("作业辅导", 100),
    ("毛巾", 70), ("保温杯", 180), ("酱油", 90), ("电池", 40),
)  # fmt: skip
SIZES = ("", "（大）", "（家庭装）", "（两件）")
PUBLISH_TIME = time(9)


class LargeCommunity(msgspec.Struct, frozen=True):
    """A community, the estates of its people (the first ids of their homes), who works there, and its desk."""

    branch: BranchLine
    homes: Sequence[int]
    recorder: Actor
    approver: Actor
    clerk: Actor
    desk_id: int


class LargeDistrict(msgspec.Struct, frozen=True):
    """`rewards` are pairs of id and cost; `sponsors` give what the desks have."""

    branch: BranchLine
    communities: Sequence[LargeCommunity]
    rewards: Sequence[tuple[int, int]]
    sponsors: Sequence[str]
    logins: Sequence[tuple[str, str, Role, str]]


async def open_large_district(database: Database, sizes: LargeSizes, *, password: str, on: date) -> LargeDistrict:
    """Open an empty bank. Everybody has the same password, so that it is hashed once."""
    password_hash = await asyncio.to_thread(hash_password, password)
    return await database.write(_open, sizes, password_hash=password_hash, on=on)


async def set_up_boards(database: Database, large: LargeDistrict) -> None:
    """A board of the month for every community and for the district; the first period is the one that runs then."""
    for each in (large.branch, *(community.branch for community in large.communities)):
        await database.write(
            create_board, branch_id=each.id, name=f"{each.name}月榜", period=PeriodKind.MONTH, measure=Measure.POINTS,
            population=Population.EVERYONE, top=20, publish_day=5, publish_time=PUBLISH_TIME,
            objection_working_days=3, by=SYSTEM,
        )  # fmt: skip


def _open(tx: Transaction, sizes: LargeSizes, *, password_hash: str, on: date) -> LargeDistrict:
    root = open_bank(tx, code=sizes.code, name=sizes.name, by=SYSTEM)
    streets = [
        _branch(tx, f"S{number:02}", f"第{number}街道", BranchKind.SUBDISTRICT, root)
        for number in range(1, sizes.subdistricts + 1)
    ]
    administrator = _hire(tx, "lin", "林静", Role.ADMINISTRATOR, root, password_hash, on)
    logins = [("lin", "林静", Role.ADMINISTRATOR, root.name)]
    rewards = [
        (add_reward(tx, name=name, cost_points=cost, branch_id=root.id, by=administrator).id, cost)
        for name, cost in _catalogue(sizes.rewards)
    ]
    communities = []
    for number in range(1, sizes.communities + 1):
        branch = _branch(tx, f"C{number:03}", f"第{number}社区", BranchKind.COMMUNITY, streets[number % len(streets)])
        recorder, approver, clerk = (
            _hire(tx, f"{role.value}{number}", name, role, branch, password_hash, on)
            for name, role in (("何小敏", Role.RECORDER), ("黄秀英", Role.APPROVER), ("罗春梅", Role.CLERK))
        )
        if number == 1:
            logins += [
                (f"{role.value}1", name, role, branch.name)
                for name, role in (("何小敏", Role.RECORDER), ("黄秀英", Role.APPROVER), ("罗春梅", Role.CLERK))
            ]
        desk = add_desk(tx, code=f"D{number:03}", name=f"{branch.name}兑换点", branch_id=branch.id, by=administrator)
        homes = _estates(tx, sizes, number, branch)
        for home_id in homes:
            bank_account(tx, AccountKind.ISSUE, home_id)
        bank_account(tx, AccountKind.REDEEMED, branch.id)
        communities.append(LargeCommunity(branch, homes, recorder, approver, clerk, desk.id))
    sponsors = [f"爱心企业 第{number}号" for number in range(1, sizes.sponsors + 1)]
    return LargeDistrict(root, communities, rewards, sponsors, logins)


def _estates(tx: Transaction, sizes: LargeSizes, number: int, community: BranchLine) -> list[int]:
    """A community's share of the estates, with its share of hub households below them."""
    first, last = (each * sizes.estates // sizes.communities for each in (number - 1, number))
    hubs = number * sizes.hubs // sizes.communities - (number - 1) * sizes.hubs // sizes.communities
    ids = []
    for place, estate in enumerate(range(first, last)):
        mode = MODES[estate % len(MODES)]
        branch = _branch(tx, f"E{estate:04}", f"第{estate + 1}小区", BranchKind.ESTATE, community, mode)
        ids.append(branch.id)
        if place < hubs:
            _branch(tx, f"H{estate:04}", f"第{estate + 1}小区党员中心户", BranchKind.HUB_HOUSEHOLD, branch)
    return ids


def _branch(
    tx: Transaction, code: str, name: str, kind: BranchKind, parent: BranchLine, mode: ManagementMode | None = None
) -> BranchLine:
    return add_branch(tx, code=code, name=name, kind=kind, parent_id=parent.id, management_mode=mode, by=SYSTEM)


def _hire(
    tx: Transaction, login: str, name: str, role: Role, branch: BranchLine, password_hash: str, on: date
) -> Actor:
    staff_id = create_staff(tx, login=login, name=name, password_hash=password_hash, by=SYSTEM).id
    grant_right(tx, staff_id, role=role, branch_id=branch.id, from_on=on, by=SYSTEM)
    return staff_actor(tx, staff_id, None)


def _catalogue(count: int) -> list[tuple[str, int]]:
    every = [
        (name + size, cost * (1 + place) // (1 + place // 2))
        for place, size in enumerate(SIZES)
        for name, cost in GOODS
    ]
    return every[:count]
