"""One branch with something of everything in it, and what can be asked about each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import httpx

from points_bank.actor import Role
from points_bank.branches.models import BranchKind
from points_bank.ledger.posting import Award, award
from points_bank.rules.rule_set import reference_content
from points_bank.scheduler import run_due
from points_bank.transaction import Transaction
from tests.bank import Server, at

AUTHORISED = {
    "name": "王强", "authorised_on": "2026-10-10", "until_on": "2026-12-31", "limit_points": 200,
    "paper_reference": "1",
}  # fmt: skip
"""A proxy, as on the paper."""


@dataclass
class Scene:
    """One branch with something of everything in it; a path or body is filled from these ids."""

    branch: int
    member: int
    staff: int
    right: int
    activity: int
    participation: int
    desk: int
    reward: int
    redemption: int
    board: int
    household: int = 0
    proxy: int = 0
    rules: int = 0
    order: int = 0
    grant: int = 0
    movement: int = 0
    sponsor: int = 0
    waiting: int = 0
    certificate: int = 0
    suspension: int = 0
    review: int = 0
    purpose: str = "photo"
    transfer: int = 1
    week: str = "2026-W41"
    month: str = "2026-09"
    file: str = "2026-10.csv"


def sheet(scene: Scene) -> dict[str, Any]:
    return {
        "branch_id": scene.branch, "role": "service", "title": "清洁",
        "started_at": at("2026-10-11 08:00").isoformat(), "ended_at": at("2026-10-11 09:00").isoformat(),
        "participations": [{"member_id": scene.member}],
    }  # fmt: skip


def order(scene: Scene) -> dict[str, Any]:
    items = [{"reward_id": scene.reward, "quantity": 1}]
    return {"member_id": scene.member, "desk_id": scene.desk, "items": items}


def new_member(scene: Scene) -> dict[str, Any]:
    return {"name": "张伟", "branch_id": scene.branch, "consents": []}


def new_rules(scene: Scene) -> dict[str, Any]:
    content = reference_content().replace("version = 1\n", "version = 2\n")
    return {"branch_id": scene.branch, "content": content, "valid_from_on": "2027-01-01"}


def trial(scene: Scene) -> dict[str, Any]:
    return {"branch_id": scene.branch, "content": reference_content(), "month": "2026-10"}


def new_branch(scene: Scene) -> dict[str, Any]:
    return {"code": uuid4().hex[:8], "name": "一号楼", "kind": "building", "parent_id": scene.branch}


def board(scene: Scene) -> dict[str, Any]:
    return {
        "branch_id": scene.branch, "name": "榜", "period": "month", "measure": "points", "role": None,
        "population": "everyone", "top": 10, "publish_day": 5, "publish_time": "09:00", "objection_working_days": 3,
    }  # fmt: skip


def extension(scene: Scene) -> dict[str, Any]:
    return {
        "order_no": uuid4().hex, "branch_id": scene.branch, "lapses_on": "2026-12-31", "new_lapses_on": "2027-06-30",
        "reason": "-",
    }  # fmt: skip


def grant(scene: Scene) -> dict[str, Any]:
    return {"branch_id": scene.branch, "member_id": scene.member, "points": 10, "reason": "-"}


def moved(kind: str) -> Callable[[Scene], dict[str, Any]]:
    return lambda scene: {"desk_id": scene.desk, "kind": kind, "quantity": 1, "reason": "-"}


def body(**values: Any) -> Callable[[Scene], dict[str, Any]]:
    return lambda _: values


def nothing(_: Scene) -> None:
    return None


async def set_scene(server: Server) -> Scene:
    """Something of everything in one community, made over HTTP."""
    bank, now = server.bank, server.bank.clock.now()
    bank.clock.set(at("2026-09-21 09:00"))
    community = await bank.branch("凤岭社区", BranchKind.COMMUNITY)
    root = await server.as_staff(Role.ADMINISTRATOR)
    recorder = await server.as_staff(Role.RECORDER, branch=community)

    async def made(client: httpx.AsyncClient, path: str, content: Any) -> Any:
        answer = await client.post(path, json=content, headers={"Idempotency-Key": uuid4().hex})
        assert answer.status_code == 201, answer.text
        return answer.json()

    member = await made(recorder, "/members", {"name": "李明", "branch_id": community.id, "consents": []})
    swept = {"started_at": at("2026-09-21 08:00").isoformat(), "ended_at": at("2026-09-21 08:30").isoformat()}
    served = {"branch_id": community.id, "role": "service", "title": "绿化", **swept}
    settled = await made(recorder, "/activities", {**served, "participations": [{"member_id": member["id"]}]})
    assert (await root.post(f"/activities/{settled['id']}/approval")).status_code == 200
    bank.clock.set(now)
    await run_due(bank.database)
    certificate = await made(recorder, f"/members/{member['id']}/certificates", None)
    colleague = await made(root, "/staff", {"login": "colleague", "name": "王", "password": "long enough for anyone"})
    right = await made(root, f"/staff/{colleague['id']}/rights", {"role": "clerk", "branch_id": community.id})
    times = {"started_at": at("2026-10-10 08:00").isoformat(), "ended_at": at("2026-10-10 10:00").isoformat()}
    activity = await made(
        recorder, "/activities",
        {"branch_id": community.id, "role": "service", "title": "绿化", **times,
         "participations": [{"member_id": member["id"]}]},
    )  # fmt: skip
    desk = await made(root, "/desks", {"code": "D1", "name": "点", "branch_id": community.id})
    reward = await made(root, "/rewards", {"name": "肥皂", "cost_points": 50, "branch_id": community.id})
    stocked = {"desk_id": desk["id"], "kind": "received", "quantity": 5, "reason": "-"}
    await made(root, f"/rewards/{reward['id']}/stock-movements", stocked)
    await server.bank.database.write(carry_over, member["id"], community.id)
    ordered = {"member_id": member["id"], "desk_id": desk["id"], "items": [{"reward_id": reward["id"], "quantity": 1}]}
    redemption = (await made(root, "/reservations", ordered))["id"]
    scene = Scene(
        community.id, member["id"], colleague["id"], right["id"], activity["id"], activity["participations"][0]["id"],
        desk["id"], reward["id"], redemption, 0,
    )  # fmt: skip
    housed = {"branch_id": community.id, "member_ids": [member["id"]]}
    scene.household = (await made(recorder, "/households", housed))["id"]
    own_rules = {"branch_id": community.id, "content": reference_content(), "valid_from_on": "2026-12-01"}
    scene.rules = (await made(root, "/rule-sets", own_rules))["id"]
    scene.proxy = (await made(recorder, f"/members/{member['id']}/proxies", AUTHORISED))["id"]
    suspended = {"reason": "-", "until_on": "2026-12-31"}
    scene.suspension = (await made(root, f"/members/{scene.member}/suspensions", suspended))["id"]
    await made(root, f"/activities/{activity['id']}/call-back-sample", {"size": 1})
    reviewed = {"branch_id": community.id, "reason": "-", "activity_ids": [activity["id"]]}
    scene.review = (await made(root, "/reviews", reviewed))["id"]
    scene.board = (await made(root, "/leaderboards", board(scene)))["id"]
    scene.order = (await made(root, "/extension-orders", extension(scene)))["id"]
    await made(root, f"/members/{scene.member}/donations", {"points": 50, "to": "help_pool"})
    scene.grant = (await made(root, "/help-pool/grants", grant(scene)))["id"]
    damaged = {"desk_id": desk["id"], "kind": "damaged", "quantity": 1, "reason": "-"}
    scene.movement = (await made(root, f"/rewards/{reward['id']}/stock-movements", damaged))["id"]
    scene.sponsor = (await made(root, "/sponsors", {"name": "鞋材市场", "branch_id": community.id}))["id"]
    soap = await made(root, "/rewards", {"name": "香皂", "cost_points": 50, "branch_id": community.id})
    waiting = {"member_id": member["id"], "desk_id": desk["id"]}
    scene.waiting = (await made(root, f"/rewards/{soap['id']}/waiting-list", waiting))["id"]
    scene.certificate = certificate["id"]
    return scene


def carry_over(tx: Transaction, member_id: int, branch_id: int) -> None:
    """Points from a paper passbook, so that something can be reserved."""
    carried = Award(
        member_id=member_id, branch_id=branch_id, points=400, minutes=0, activities=0, occurred_on=date(2026, 1, 1),
        lapses_on=date(2027, 12, 31), reference="carried:1",
    )  # fmt: skip
    award(tx, [carried], grace_days=30)
