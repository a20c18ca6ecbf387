"""A branch opens the bank with what it has in its spreadsheets, file by file, over HTTP."""

from typing import Any

import httpx

from points_bank.actor import Role
from tests.bank import Server
from tests.imports.files import Rows, csv_of, xlsx_of
from tests.stories.district import District, get, post

MEMBERS: Rows = [
    ["佛子小区志愿者名册"],
    ["序号", "姓　名", "联系电话", "出生日期", "政治面貌", "同意登记"],
    [1, "住户甲", 13812340001, "1958年3月5日", "群众", "√"],
    [2, "住户乙", "138-1234-0002", 18264, "中共党员", "√"],
    [3, "住户丙", "１３８１２３４０００３", "19600102", "群众", "√"],
]
BALANCES: Rows = [["手机号", "姓名", "积分", "到期日期"], ["13812340001", "住户甲", 120, "2027-12-31"]]
PAST: Rows = [
    ["日期", "角色", "活动", "分钟", "姓名"],
    ["2025-03-05", "服务", "学雷锋清洁", 150, "住户甲"],
    ["2025/3/5", "服务", "学雷锋清洁", 150, "住户乙"],
]
HOMES: Rows = [["户", "姓名", "同意家庭合并"], ["3栋502", "住户甲", "是"], ["3栋502", "住户丙", "是"]]
SHEET: Rows = [
    ["活动名称", "角色", "日期", "开始时间", "结束时间", "姓名", "带队"],
    ["周日绿化", "服务", "2026-10-11", "8:30", "11:00", "住户甲", "是"],
    ["", "", "", "", "", "住户乙", ""],
]


async def test_a_branch_brings_its_spreadsheets(server: Server) -> None:
    town = await District.of(server)

    async def send(client: httpx.AsyncClient, kind: str, content: bytes) -> Any:
        query = {"kind": kind, "branch_id": str(town.community.id), "name": f"{kind}.file"}
        headers = {"Content-Type": "application/octet-stream"}
        answer = await client.post("/imports", content=content, params=query, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json()

    assert (await send(town.recorder, "members", xlsx_of(MEMBERS)))["new_rows"] == 3
    found = {each["name"]: each for each in (await get(town.recorder, "/members"))["items"]}
    assert found["住户乙"]["born_on"] == "1950-01-01"
    for kind, rows in (("balances", BALANCES), ("activities", PAST)):
        content = csv_of(rows, encoding="gb18030")
        assert (await send(town.recorder, kind, content))["state"] == "proposed"
        assert (await send(town.approver, kind, content))["state"] == "done"
    assert (await send(town.recorder, "households", csv_of(HOMES, encoding="utf-16")))["new_rows"] == 2
    sheet = await send(town.recorder, "sheet", xlsx_of(SHEET))
    assert (sheet["state"], sheet["new_rows"], sheet["choice"]) == ("done", 2, "all_or_nothing")
    [activity] = (await get(town.recorder, "/activities", state="logged"))["items"]
    await post(town.approver, f"/activities/{activity['id']}/approval")
    await town.it_is("2026-10-16 00:00")
    book = await town.passbook(found["住户甲"])
    assert (book["spendable_points"], book["honour_points"], book["service_minutes"]) == (150, 150, 300)
    lines = [(line["kind"], line["amount_points"], line["title"]) for line in await town.transfers(found["住户甲"])]
    assert lines == [("award", 30, "周日绿化"), ("opening", 120, "Carried over from before")]

    twin = await town.member("住户甲", born_on="1958-03-05")
    [pair] = (await get(town.recorder, "/members/twins"))["items"]
    assert (pair["member_id"], pair["twins"][0]["member_id"]) == (twin["id"], found["住户甲"]["id"])
    into = {"into_member_id": found["住户甲"]["id"], "reason": "登记了两次"}
    merged = await post(town.approver, f"/members/{twin['id']}/merger", into)
    assert merged == {"id": twin["id"], "into_member_id": found["住户甲"]["id"], "transfer_id": None}
    assert (await get(town.recorder, "/members/twins"))["items"] == []
    assert (await (await server.as_staff(Role.CLERK)).get("/imports")).status_code == 403
