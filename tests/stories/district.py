"""People of the stories, who speak to the bank over HTTP only."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx

from points_bank.actor import Role
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import BranchLine
from points_bank.scheduler import Done, run_due
from tests.bank import DAILY, Server, at

Answer = Any
"""The JSON of an answer."""


@dataclass
class District:
    """A served bank with one community and its staff. Every call is made over HTTP; jobs run as the clock would."""

    server: Server
    community: BranchLine
    administrator: httpx.AsyncClient
    recorder: httpx.AsyncClient
    approver: httpx.AsyncClient
    clerk: httpx.AsyncClient
    _desks: dict[str, int] = field(default_factory=dict)

    @classmethod
    async def of(cls, server: Server, community: str = "凤岭社区") -> "District":
        branch = await server.bank.branch(community, BranchKind.COMMUNITY)
        return cls(
            server,
            branch,
            await server.as_staff(Role.ADMINISTRATOR),
            await server.as_staff(Role.RECORDER, branch=branch),
            await server.as_staff(Role.APPROVER, branch=branch),
            await server.as_staff(Role.CLERK, branch=branch),
        )

    async def it_is(self, when: str) -> list[Done]:
        """Put the clock to an instant of the district and let the bank do what is due."""
        self.server.bank.clock.set(at(when))
        return [done for done in await run_due(self.server.bank.database) if done.job not in DAILY]

    async def member(self, name: str, *, consents: tuple[str, ...] = ("records",), **more: Any) -> Answer:
        body = {"name": name, "branch_id": self.community.id, "consents": list(consents), **more}
        return await post(self.recorder, "/members", body, status=201)

    async def as_member(self, member: Mapping[str, Any]) -> httpx.AsyncClient:
        """A client of the member's own, signed in with card number and PIN."""
        pin = (await post(self.recorder, f"/members/{member['id']}/pin", status=201))["pin"]
        signed_in = await post(
            self.server.client(), "/member-tokens", {"card_no": member["card_no"], "pin": pin}, status=201
        )
        return self.server.client(signed_in["token"])

    async def log(self, member_ids: list[int], start: str, end: str, *, role: str = "service", **more: Any) -> Answer:
        """Log one activity of a day (`2026-11-14 08:30` to `12:30`); `more` goes to the sheet or to every line."""
        lines = {
            name: more.pop(name) for name in ("is_lead", "case_reference", "followed_up_on", "outcome") if name in more
        }
        body = {
            "branch_id": self.community.id,
            "role": role,
            "title": more.pop("title", "周六绿化"),
            "started_at": at(start).isoformat(),
            "ended_at": at(f"{start[:10]} {end}").isoformat(),
            "participations": [{"member_id": member_id, **lines} for member_id in member_ids],
            **more,
        }
        return await post(self.recorder, "/activities", body, status=201)

    async def approve(self, activity: Mapping[str, Any]) -> Answer:
        return await post(self.approver, f"/activities/{activity['id']}/approval")

    async def passbook(self, member: Mapping[str, Any]) -> Answer:
        return await get(self.clerk, f"/members/{member['id']}/passbook")

    async def transfers(self, member: Mapping[str, Any]) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await get(self.clerk, f"/members/{member['id']}/transfers"))["items"]
        return items

    async def board(self, period: str) -> int:
        """A board of the community's residents by honour points, published on the 5th at 09:00; its id."""
        body = {
            "branch_id": self.community.id, "name": "凤岭居民榜", "period": period, "measure": "points", "role": None,
            "population": "residents", "top": 10, "publish_day": 5, "publish_time": "09:00",
            "objection_working_days": 3,
        }  # fmt: skip
        return int((await post(self.administrator, "/leaderboards", body, status=201))["id"])

    async def edition(self, board_id: int, period: str) -> dict[str, Any]:
        edition: dict[str, Any] = await get(self.administrator, f"/leaderboards/{board_id}/editions/{period}")
        return edition

    async def desk(self, code: str = "D1") -> int:
        body = {"code": code, "name": "凤岭兑换点", "branch_id": self.community.id}
        return int((await post(self.administrator, "/desks", body, status=201))["id"])

    async def reward(self, name: str, cost_points: int, *, desk_id: int, quantity: int) -> int:
        """A reward of the district, with stock at a desk."""
        body = {"name": name, "cost_points": cost_points}
        reward_id = int((await post(self.administrator, "/rewards", body, status=201))["id"])
        received = {"desk_id": desk_id, "kind": "received", "quantity": quantity, "reason": "爱心企业"}
        await post(self.administrator, f"/rewards/{reward_id}/stock-movements", received, status=201)
        return reward_id

    async def redeem(self, member: Mapping[str, Any], desk_id: int, reward_id: int, *, status: int = 201) -> Answer:
        body = {"member_id": member["id"], "desk_id": desk_id, "items": [{"reward_id": reward_id, "quantity": 1}]}
        return await post(self.clerk, "/redemptions", body, status=status)


async def post(client: httpx.AsyncClient, path: str, body: Any = None, *, status: int = 200, key: str = "") -> Any:
    """POST with a key of its own; the answer, whose status must be the one expected."""
    answer = await client.post(path, json=body, headers={"Idempotency-Key": key or uuid4().hex})
    assert answer.status_code == status, answer.text
    return answer.json()


async def get(client: httpx.AsyncClient, path: str, *, status: int = 200, **query: Any) -> Any:
    answer = await client.get(path, params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


async def register_file(district: "District", desk_id: int, when: str) -> list[dict[str, str]]:
    """The sheet that is printed and signed, line by line with its headings."""
    answer = await district.clerk.get(f"/desks/{desk_id}/register/{when}.csv")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(answer.content.decode("utf-8-sig").splitlines()))


def same_instant(text: str, when: str) -> bool:
    """Whether an instant of an answer is one of the district's clock."""
    return datetime.fromisoformat(text) == at(when)
