"""Opening the demo district: branches, staff, desks, the catalogue, boards."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, time

import msgspec

from points_bank.actor import SYSTEM, Actor, Role
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import BranchLine, add_branch
from points_bank.database import Database
from points_bank.demo.plan import DistrictPlan, OpeningPlan, RewardPlan, StaffPlan
from points_bank.leaderboards.boards import create_board
from points_bank.opening import open_bank
from points_bank.rewards.catalogue import RewardLine, add_reward
from points_bank.rewards.desks import DeskLine, add_desk
from points_bank.rewards.models import StockMovementKind
from points_bank.rewards.opening_days import Opening, Shift
from points_bank.rewards.sponsors import SponsorLine, add_sponsor
from points_bank.rewards.stock import move_stock
from points_bank.staff.passwords import hash_password
from points_bank.staff.people import create_staff, grant_right
from points_bank.staff.tokens import staff_actor

PUBLISH_TIME = time(9)
SMALL_THINGS_POINTS = 100
"""What costs no more is given out at a further desk, too."""


class Community(msgspec.Struct, frozen=True):
    """A community with the branches below it, those who work there, its own desk and further ones."""

    branch: BranchLine
    below: Sequence[BranchLine]
    recorder: Actor
    approver: Actor
    clerk: Actor
    desk_id: int
    further_desk_ids: Sequence[int]

    @property
    def estates(self) -> list[BranchLine]:
        return [each for each in self.below if each.kind is BranchKind.ESTATE]


class District(msgspec.Struct, frozen=True):
    """The opened district. `secretary` approves above the communities; `offered` are the rewards with their plans.

    The sponsors give rewards in turn.
    """

    branch: BranchLine
    communities: Mapping[str, Community]
    administrator: Actor
    overseer: Actor
    secretary: Actor
    stock_keeper: Actor
    offered: Sequence[tuple[RewardPlan, RewardLine]]
    sponsors: Sequence[SponsorLine]

    def sponsor_of(self, number: int) -> int:
        """Who gives the reward with that number."""
        return self.sponsors[number % len(self.sponsors)].id


async def open_district(database: Database, plan: DistrictPlan, *, password: str, on: date) -> District:
    """Open an empty bank as the district of a plan; rights begin `on`. Refuses where there is a district."""
    root = await database.write(open_bank, code=plan.code, name=plan.name, by=SYSTEM)
    branches = {plan.code: root}
    for each in plan.branches:
        branches[each.code] = await database.write(
            add_branch, code=each.code, name=each.name, kind=each.kind, parent_id=branches[each.parent].id,
            management_mode=each.management_mode, by=SYSTEM,
        )  # fmt: skip
    staff = await _hire(database, plan.staff, branches, password=password, on=on)
    by = {(each.role, each.branch): staff[each.login] for each in plan.staff}
    subdistrict = next(each for each in branches.values() if each.kind is BranchKind.SUBDISTRICT)
    administrator = by[Role.ADMINISTRATOR, plan.code]
    desks = await _open_desks(database, plan, branches, by=administrator)
    district = District(
        branch=root,
        communities={
            code: _community(branch, branches, by, desks[code])
            for code, branch in branches.items()
            if branch.kind is BranchKind.COMMUNITY
        },
        administrator=administrator,
        overseer=by[Role.OVERSEER, plan.code],
        secretary=by[Role.APPROVER, subdistrict.code],
        stock_keeper=by[Role.STOCK_KEEPER, subdistrict.code],
        offered=[
            (each, await database.write(add_reward, name=each.name, cost_points=each.cost_points, by=administrator))
            for each in plan.rewards
        ],
        sponsors=[
            await database.write(add_sponsor, name=each, branch_id=root.id, by=administrator) for each in plan.sponsors
        ],
    )
    await _set_up_boards(database, plan, branches, by=administrator)
    return district


async def receive_goods(database: Database, district: District, *, is_first: bool, reason: str) -> None:
    """Every desk gets what its plan says of every reward; later a quarter more, but of what is to run low.

    A further desk gets a quarter of what is small, once.
    """
    wanted = [
        (community.desk_id, reward.id, plan.received if is_first else plan.received // 4, number)
        for community in district.communities.values()
        for number, (plan, reward) in enumerate(district.offered)
        if is_first or (plan.left is None and plan.received >= 4)
    ]
    wanted += [
        (desk_id, reward.id, plan.received // 4, number)
        for community in district.communities.values()
        for desk_id in community.further_desk_ids
        for number, (plan, reward) in enumerate(district.offered)
        if is_first and plan.cost_points <= SMALL_THINGS_POINTS
    ]
    await asyncio.gather(*(
        database.write(
            move_stock, reward_id, desk_id=desk_id, kind=StockMovementKind.RECEIVED, quantity=quantity,
            reason=reason, sponsor_id=district.sponsor_of(number), by=district.stock_keeper,
        )
        for desk_id, reward_id, quantity, number in wanted
    ))  # fmt: skip


async def _hire(
    database: Database, staff: Sequence[StaffPlan], branches: Mapping[str, BranchLine], *, password: str, on: date
) -> dict[str, Actor]:
    """The plan's staff by login, with their rights. They have one password, so that it is hashed once."""
    actors = {}
    password_hash = await asyncio.to_thread(hash_password, password)
    for each in staff:
        created = await database.write(
            create_staff, login=each.login, name=each.name, password_hash=password_hash, by=SYSTEM
        )
        branch_id = branches[each.branch].id
        await database.write(grant_right, created.id, role=each.role, branch_id=branch_id, from_on=on, by=SYSTEM)
        actors[each.login] = await database.read(staff_actor, created.id, None)
    return actors


async def _open_desks(
    database: Database, plan: DistrictPlan, branches: Mapping[str, BranchLine], *, by: Actor
) -> dict[str, list[DeskLine]]:
    """The desks of each branch, its own one first."""
    desks = defaultdict(list)
    for each in plan.desks:
        desks[each.branch].append(
            await database.write(
                add_desk, code=each.code, name=each.name, branch_id=branches[each.branch].id,
                opening=None if each.opening is None else _opening(each.opening), by=by,
            )
        )  # fmt: skip
    return desks


def _opening(plan: OpeningPlan) -> Opening:
    hours = tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in plan.hours)
    return Opening(tuple(plan.days_of_month), (), Shift.NEXT_WORKING_DAY, hours)


def _community(
    branch: BranchLine,
    branches: Mapping[str, BranchLine],
    by: Mapping[tuple[Role, str], Actor],
    desks: Sequence[DeskLine],
) -> Community:
    below = [each for each in branches.values() if each.path.startswith(branch.path) and each != branch]
    recorder, approver, clerk = (by[role, branch.code] for role in (Role.RECORDER, Role.APPROVER, Role.CLERK))
    own, *further = (desk.id for desk in desks)
    return Community(branch, below, recorder, approver, clerk, own, further)


async def _set_up_boards(
    database: Database, plan: DistrictPlan, branches: Mapping[str, BranchLine], *, by: Actor
) -> None:
    for each in plan.boards:
        await database.write(
            create_board, branch_id=branches[each.branch].id, name=each.name, period=each.period,
            measure=each.measure, population=each.population, top=each.top, publish_day=each.publish_day,
            publish_time=PUBLISH_TIME, objection_working_days=each.objection_working_days, by=by,
        )  # fmt: skip
