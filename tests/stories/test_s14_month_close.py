"""S14: the month is closed and goes upward, whoever is late."""

import io
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
from python_calamine import CalamineWorkbook

from points_bank.actor import SYSTEM, Role
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import BranchLine, add_branch
from points_bank.scheduler import run_due
from tests.bank import Server, at
from tests.cli.conftest import Command, in_environment
from tests.stories.district import get, post

OCTOBER_DAYS = [f"2026-10-{day}" for day in range(13, 23)]
NOVEMBER_DAYS = ["2026-11-03", "2026-11-04", "2026-11-05"]


@dataclass
class Longxu:
    """A district of one town, two communities and twenty estates, with 103 volunteers; all of it over HTTP."""

    server: Server
    administrator: httpx.AsyncClient
    recorder: httpx.AsyncClient
    approver: httpx.AsyncClient
    clerk: httpx.AsyncClient
    town: BranchLine
    communities: list[BranchLine]
    estates: dict[str, BranchLine] = field(default_factory=dict)
    people: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    async def of(cls, server: Server) -> "Longxu":
        bank = server.bank
        town = await bank.branch("龙圩镇", BranchKind.SUBDISTRICT)
        communities = [await bank.branch(name, BranchKind.COMMUNITY, town) for name in ("凤岭社区", "银湖社区")]
        longxu = cls(
            server,
            await server.as_staff(Role.ADMINISTRATOR),
            await server.as_staff(Role.RECORDER),
            await server.as_staff(Role.APPROVER),
            await server.as_staff(Role.CLERK),
            town,
            communities,
        )
        for number in range(1, 21):
            code = f"{number:02}"
            longxu.estates[code] = await bank.database.write(
                add_branch, code=code, name=f"第{number}小区", kind=BranchKind.ESTATE,
                parent_id=communities[number > 10].id, by=SYSTEM,
            )  # fmt: skip
            longxu.people[code] = [await longxu.member(code, each) for each in range(6 if number <= 3 else 5)]
        return longxu

    async def it_is(self, when: str) -> list[str]:
        self.server.bank.clock.set(at(when))
        return [done.job for done in await run_due(self.server.bank.database)]

    async def member(self, code: str, number: int) -> int:
        body = {"name": f"住户{code}{number}", "branch_id": self.estates[code].id, "consents": ["records"]}
        return int((await post(self.recorder, "/members", body, status=201))["id"])

    async def morning(self, on: str, codes: list[str], *, is_approved: bool = True) -> list[Any]:
        """A whole morning in each of these estates: 40 points for everyone there. The sheets."""
        sheets = []
        for code in codes:
            body = {
                "branch_id": self.estates[code].id, "role": "service", "title": "清扫", "theme": "cleaning",
                "started_at": at(f"{on} 08:00").isoformat(), "ended_at": at(f"{on} 12:00").isoformat(),
                "participations": [{"member_id": member_id} for member_id in self.people[code]],
            }  # fmt: skip
            sheets.append(await post(self.recorder, "/activities", body, status=201))
            if is_approved:
                await post(self.approver, f"/activities/{sheets[-1]['id']}/approval")
        return sheets

    async def take(self, route: str, member_id: int, desk_id: int, reward_id: int) -> Any:
        body = {"member_id": member_id, "desk_id": desk_id, "items": [{"reward_id": reward_id, "quantity": 1}]}
        return await post(self.clerk, route, body, status=201)

    async def correct(self, participation_id: int) -> None:
        """Four hours were one: 30 of 40 points go back."""
        route = f"/participations/{participation_id}/correction"
        await post(self.recorder, route, {"minutes": 60, "reason": "签到表为 60 分钟"}, status=201)
        await post(self.approver, f"{route}/approval")

    async def report(self, branch: BranchLine, period: str = "2026-11", **more: Any) -> Any:
        return await get(self.approver, f"/reports/{period}", branch_id=branch.id, **more)


async def two_months(longxu: Longxu) -> None:
    """October earns 41,200; November issues, corrects, redeems and leaves three entries of estate 07 undecided."""
    desk = {"code": "D1", "name": "凤岭兑换点", "branch_id": longxu.communities[0].id}
    desk_id = (await post(longxu.administrator, "/desks", desk, status=201))["id"]
    rice, umbrella, detergent = [await reward(longxu, desk_id, name, cost) for name, cost in GOODS]
    for on in OCTOBER_DAYS:
        await longxu.it_is(f"{on} 20:00")
        await longxu.morning(on, list(longxu.estates))
    await longxu.it_is("2026-10-30 10:00")
    everyone = [member_id for people in longxu.people.values() for member_id in people]
    first = await longxu.take("/reservations", everyone[20], desk_id, umbrella)

    await longxu.it_is("2026-11-02 10:00")
    await post(longxu.clerk, f"/reservations/{first['id']}/collection", {"desk_id": desk_id, "code": first["code"]})
    sheets = []
    for on in NOVEMBER_DAYS:
        await longxu.it_is(f"{on} 20:00")
        sheets += await longxu.morning(on, list(longxu.estates))
    await longxu.it_is("2026-11-06 20:00")
    await longxu.morning("2026-11-06", ["01"])
    await longxu.it_is("2026-11-16 10:00")
    for member_id in everyone[:18]:
        await longxu.take("/redemptions", member_id, desk_id, rice)
    await longxu.take("/redemptions", everyone[30], desk_id, detergent)
    broken = await longxu.take("/redemptions", everyone[31], desk_id, umbrella)
    await post(longxu.clerk, f"/redemptions/{broken['id']}/cancellation", {"reason": "伞坏了"})
    await longxu.take("/reservations", everyone[32], desk_id, umbrella)
    lines = [line["id"] for sheet in sheets for line in sheet["participations"]]
    for line in lines[6:16]:
        await longxu.correct(line)
    await longxu.it_is("2026-11-28 20:00")
    three = longxu.people["07"][:3]
    longxu.people["07"], others = three, longxu.people["07"]
    await longxu.morning("2026-11-28", ["07"], is_approved=False)
    longxu.people["07"] = others


GOODS = (("大米5公斤", 500), ("雨伞", 200), ("洗洁精", 80))
NOVEMBER = {
    "opening_points": 41_200, "issued_points": 12_600, "reversed_points": 300, "redeemed_points": 9_480,
    "refunded_points": 200, "lapsed_points": 0, "donated_points": 0, "moved_points": 0, "closing_points": 44_220,
}  # fmt: skip


async def reward(longxu: Longxu, desk_id: int, name: str, cost_points: int) -> int:
    body = {"name": name, "cost_points": cost_points}
    reward_id = int((await post(longxu.administrator, "/rewards", body, status=201))["id"])
    received = {"desk_id": desk_id, "kind": "received", "quantity": 30, "reason": "爱心企业"}
    await post(longxu.administrator, f"/rewards/{reward_id}/stock-movements", received, status=201)
    return reward_id


async def owed_by_passbooks(longxu: Longxu) -> int:
    books = [
        await get(longxu.clerk, f"/members/{member_id}/passbook")
        for people in longxu.people.values()
        for member_id in people
    ]
    return sum(book["spendable_points"] + book["held_points"] for book in books)


async def test_the_month_is_closed_and_goes_upward(server: Server, command: Command) -> None:
    longxu, district = await Longxu.of(server), server.bank.district
    await two_months(longxu)
    assert await longxu.it_is("2026-11-30 23:59") == []
    await get(longxu.approver, "/reports/2026-11", branch_id=district.id, status=404)
    assert set(await longxu.it_is("2026-12-01 00:10")) == {"close"}

    report = await longxu.report(district)
    assert {name: report[name] for name in NOVEMBER} == NOVEMBER
    assert await owed_by_passbooks(longxu) == 44_220
    assert min(
        [(await get(longxu.clerk, f"/members/{each}/passbook"))["spendable_points"] for each in longxu.people["02"]]
    ) < 0, "a deficit is among what is owed"  # fmt: skip
    of_town, communities = await longxu.report(longxu.town), [await longxu.report(each) for each in longxu.communities]
    assert {name: of_town[name] for name in NOVEMBER} == NOVEMBER
    assert sum(each["closing_points"] for each in communities) == 44_220
    estates = [row for each in communities for row in each["branches"] if row["kind"] == "estate"]
    assert len(estates) == 20
    assert sum(row["issued_points"] for row in estates) == 12_600

    # Estate 07 is marked, and nobody waited for it.
    assert [(late["code"], late["entries"]) for late in report["late"]] == [("07", 3)]
    query = {"branch_id": district.id}
    answer = await longxu.approver.get("/reports/2026-11", params=query, headers={"Accept-Language": "zh"})
    assert answer.json()["late"][0]["note"] == "3 笔未审, 转下月"

    await signed_upward(longxu, report)
    await the_same_file(longxu, server, command)


async def signed_upward(longxu: Longxu, report: Any) -> None:
    """Community, town, district, in this order, on figures that nobody typed."""
    route, district = "/reports/2026-11/signatures", longxu.server.bank.district
    refused = await post(longxu.approver, route, {"branch_id": longxu.town.id}, status=409)
    assert (refused["code"], refused["fields"]) == ("not_signed_below", {"branch_code": longxu.communities[0].code})
    for community in longxu.communities:
        own = await longxu.server.as_staff(Role.APPROVER, branch=community)
        await post(own, route, {"branch_id": longxu.town.id}, status=404)
        signed = await post(own, route, {"branch_id": community.id}, status=201)
        assert signed["content_hash"] == (await longxu.report(community))["content_hash"]
    assert (await post(longxu.approver, route, {"branch_id": district.id}, status=409))["code"] == "not_signed_below"
    for branch in (longxu.town, district):
        await post(longxu.approver, route, {"branch_id": branch.id}, status=201)
    assert (await post(longxu.approver, route, {"branch_id": district.id}, status=409))["code"] == "already_signed"
    after = await longxu.report(district)
    assert [each["branch_id"] for each in after.pop("signatures")] == [
        *(each.id for each in longxu.communities), longxu.town.id, district.id
    ]  # fmt: skip
    assert after == {name: value for name, value in report.items() if name != "signatures"}


async def the_same_file(longxu: Longxu, server: Server, command: Command) -> None:
    """Run again, and by the command: the same bytes; a week is cut by the same definitions."""
    district, settings = server.bank.district, server.bank.database.settings
    files = []
    for kind in ("csv", "xlsx", "csv", "xlsx"):
        query = {"branch_id": district.id}
        files.append((await longxu.approver.get(f"/reports/2026-11.{kind}", params=query)).content)
    assert files[:2] == files[2:]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(files[1])).get_sheet_by_index(0).to_python()
    assert sheet[1][:3] == [district.code, "In all", 41_200]
    env = {
        **in_environment(settings), "POINTS_BANK_ENVIRONMENT": "test",
        "POINTS_BANK_CLOCK": "2026-12-08T08:00:00+08:00",
    }  # fmt: skip
    for folder in ("once", "again"):
        said = command.told("reports", "close", "2026-11", "--output", str(command.folder / folder), **env)
        assert "Closing 44220" in said
    written = sorted((command.folder / "once").iterdir())
    assert len(written) == 2 * (1 + 1 + 2 + 20)
    assert all(path.read_bytes() == again(path).read_bytes() for path in written)
    assert (command.folder / "once" / f"report-2026-11-{district.code}.csv").read_bytes() == files[0]

    weeks = [await longxu.report(district, f"2026-W{week}") for week in range(45, 50)]
    assert [each["state"] for each in weeks] == ["cut"] * 5
    for before, after in pairwise(weeks):
        assert before["closing_points"] == after["opening_points"]
    assert sum(each["redeemed_points"] for each in weeks) == 9_480
    assert weeks[-1]["closing_points"] == 44_220


def again(path: Path) -> Path:
    return path.parent.parent / "again" / path.name
