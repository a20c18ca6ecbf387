"""Files out over HTTP: a member's own data, a branch's month, a desk's register."""

import csv
import io
from typing import Any

import httpx
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from points_bank.actor import SYSTEM, Role
from points_bank.audit import Audit
from points_bank.branches.models import BranchKind
from points_bank.columns import table_of
from points_bank.exports.member import _statements
from points_bank.exports.member_file import BOOKKEEPING, HEADINGS, SHEETS
from points_bank.staff.tokens import hash_of, issue_member_token, new_token
from points_bank.transaction import Transaction
from tests.bank import FAR, Server
from tests.stories.district import District, get, post

AUDIT = table_of(Audit)


async def autumn(server: Server) -> tuple[District, dict[str, Any], dict[str, Any], int]:
    """Two who served in October, one of them in a mediation, and an exchange in November; with the desk."""
    district = await District.of(server)
    first, second = await district.member("=张伟", phone="13900001234"), await district.member("李娜")
    for on in ("2026-10-17", "2026-10-18", "2026-10-19"):
        await district.it_is(f"{on} 20:00")
        await district.approve(await district.log([first["id"], second["id"]], f"{on} 08:00", "12:00"))
    case = await district.log(
        [first["id"]], "2026-10-10 19:00", "20:00", role="mediation", title="张家与李家", case_reference="TJ-1",
        followed_up_on="2026-10-18", outcome="settled",
    )  # fmt: skip
    await district.approve(case)
    desk_id = await district.desk()
    soap = await district.reward("肥皂", 50, desk_id=desk_id, quantity=9)
    await district.it_is("2026-11-16 10:00")
    await district.redeem(first, desk_id, soap)
    return district, first, second, desk_id


async def as_member(server: Server, member_id: int) -> httpx.AsyncClient:
    token = new_token()
    await server.bank.database.write(
        issue_member_token, member_id=member_id, token_hash=hash_of(token), expires_at=FAR, by=SYSTEM
    )
    return server.client(token)


def sheets(answer: httpx.Response) -> dict[str, list[list[Any]]]:
    assert answer.status_code == 200, answer.text
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return {name: [list(row) for row in book.get_sheet_by_name(name).to_python()] for name in book.sheet_names}


def exports_noted(tx: Transaction) -> list[tuple[str, str, Any]]:
    rows = tx.all(
        sa.select(AUDIT.c.actor, AUDIT.c.subject, AUDIT.c.details)
        .where(AUDIT.c.act == "note_export")
        .order_by(AUDIT.c.id)
    )
    return [tuple(row) for row in rows]


async def test_a_member_takes_along_what_is_kept_of_them(server: Server) -> None:
    district, first, second, _ = await autumn(server)
    phone = await as_member(server, first["id"])
    answer = await phone.get("/me/export")
    assert answer.headers["content-disposition"] == f'attachment; filename="member-{first["id"]}.json"'
    export = answer.json()
    tables = export["tables"]
    assert (export["format"], export["version"], export["member_id"]) == ("points-bank-member", 1, first["id"])
    assert [row["phone"] for row in tables["member"]] == ["13900001234"]
    assert [row["card_no"] for row in tables["card"]] == [first["card_no"]]
    assert [row["points"] for row in tables["participation"]] == [40, 40, 40, 30]
    assert [row["kind"] for row in tables["transfer"]] == ["award"] * 4 + ["redemption"]
    assert [row["quantity"] for row in tables["redemption_item"]] == [1]
    assert {row["purpose"] for row in tables["consent"]} == {"records"}
    text = answer.text
    assert "李娜" not in text, "nobody else is named"
    assert "张家与李家" not in text, "a mediation is its case number"
    assert "TJ-1" in text
    assert "hash" not in text
    rows = sheets(await phone.get("/me/export.xlsx"))
    assert rows["About me"][1][1] == "'=张伟"
    assert rows["Passbook"][0][2:] == ["Kind of entry", "Points", "Balance after"]
    assert [row[2:4] for row in rows["Passbook"][1:]][3:] == [["award", 30.0], ["exchange", -50.0]]
    chinese = sheets(await phone.get("/me/export.xlsx", headers={"Accept-Language": "zh"}))
    assert chinese["存折"][0] == ["日期", "记账时间", "类别", "积分", "余额"]
    assert chinese["物品"][1][1] == "肥皂"
    at_branch = await get(district.recorder, f"/members/{first['id']}/export")
    assert at_branch["tables"]["transfer"] == tables["transfer"]
    noted = await server.bank.database.read(exports_noted)
    assert [(actor, subject) for actor, subject, _ in noted][:3] == [
        (f"member:{first['id']}", f"member:{first['id']}")
    ] * 3
    assert noted[3][0].startswith("staff:")
    await get(await as_member(server, second["id"]), f"/members/{first['id']}/export", status=403)


async def test_nobody_is_told_what_another_has_left_or_what_was_only_proposed(server: Server) -> None:
    district, first, second, _ = await autumn(server)
    phone = await as_member(server, first["id"])
    await post(phone, "/me/donations", {"to": second["card_no"], "points": 10}, status=201, key="gift")
    until = {"reason": "查证中", "until_on": "2026-12-31"}
    proposed = await post(district.approver, f"/members/{first['id']}/suspensions", until, status=201)

    tables = (await phone.get("/me/export")).json()["tables"]
    (gift,) = (row for row in tables["transfer"] if row["kind"] == "gift")
    assert (gift["debit_balance_points"], gift["credit_balance_points"]) == (90, None)
    assert "suspension" not in tables
    received = (await (await as_member(server, second["id"])).get("/me/export")).json()["tables"]["transfer"][-1]
    assert (received["id"], received["debit_balance_points"]) == (gift["id"], None)

    path = f"/members/{first['id']}/suspensions/{proposed['id']}/approval"
    await post(await server.as_staff(Role.APPROVER), path)
    assert [row["reason"] for row in (await phone.get("/me/export")).json()["tables"]["suspension"]] == ["查证中"]


async def test_a_branch_month_line_by_line(server: Server) -> None:
    district, *_ = await autumn(server)
    path = f"/branches/{district.community.id}/months"
    october = sheets(await district.approver.get(f"{path}/2026-10.xlsx"))
    service = october["Service 2026-10"]
    assert service[0][:6] == ["Day of service", "Branch", "Activity", "Role", "Theme", "Title or case"]
    assert len(service) == 1 + 7
    assert [row[5] for row in service[1:] if row[3] == "mediation"] == ["TJ-1"]
    assert "'=张伟" in {row[9] for row in service[1:]}
    assert october["Exchanges 2026-10"] == [october["Exchanges 2026-10"][0]]
    november = sheets(await district.approver.get(f"{path}/2026-11.xlsx"))
    assert [row[5:8] for row in november["Exchanges 2026-11"][1:]] == [["肥皂", 1.0, 50.0]]
    chinese = await district.approver.get(f"{path}/2026-11.csv", headers={"Accept-Language": "zh"})
    lines = list(csv.reader(io.StringIO(chinese.content.decode("utf-8-sig"), newline="")))
    assert lines[0][0] == "服务日期"
    noted = await server.bank.database.read(exports_noted)
    assert noted[0][1:] == (f"branch:{district.community.id}", ["2026-10"])
    await get(district.approver, f"{path}/2026-10", status=422)
    refused = await get(district.approver, f"{path}/2026-W40.csv", status=422)
    assert refused["fields"] == {"month": "A month is needed, such as 2026-11."}


async def test_a_register_of_a_day_and_of_a_month(server: Server) -> None:
    district, first, _, desk_id = await autumn(server)
    day = sheets(await district.clerk.get(f"/desks/{desk_id}/register/2026-11-16.xlsx"))["Register 2026-11-16"]
    assert day[0][-2:] == ["Clerk's signature", "Member's signature"]
    assert day[1][2:10] == ["exchange", "'=张伟", float(first["id"]), "肥皂 × 1", 50.0, "", 100.0, ""]
    month = await district.clerk.get(f"/desks/{desk_id}/register/2026-11.csv")
    assert month.content.decode("utf-8-sig").count("\r\n") == 2
    for nonsense in ("2026-W46", "2026", "yesterday"):
        refused = await get(district.clerk, f"/desks/{desk_id}/register/{nonsense}.csv", status=422)
        assert list(refused["fields"]) == ["when"]


async def test_the_register_of_a_past_day_stays_as_it_was_signed(server: Server) -> None:
    district, first, _, desk_id = await autumn(server)
    path = f"/desks/{desk_id}/register/2026-11-16.csv"
    signed = (await district.clerk.get(path)).content
    await post(district.clerk, f"/members/{first['id']}/cards", status=201)
    assert (await district.clerk.get(path)).content == signed
    await post(district.clerk, f"/members/{first['id']}/card-loss")
    assert (await district.clerk.get(path)).content == signed


async def test_what_is_no_month_or_no_file_is_refused(server: Server) -> None:
    district, _, _, desk_id = await autumn(server)
    for nonsense in ("2026-13.csv", "abc.xlsx", "2026-W46.csv", "2026-13", "abc", "2026-10"):
        path = f"/branches/{district.community.id}/months/{nonsense}"
        assert list((await get(district.administrator, path, status=422))["fields"]) == ["month"]
    for nonsense in ("2026-11-16", "x"):
        refused = await get(district.clerk, f"/desks/{desk_id}/register/{nonsense}", status=422)
        assert list(refused["fields"]) == ["when"]


async def test_files_of_other_branches_are_not_found(server: Server) -> None:
    district, first, _, desk_id = await autumn(server)
    elsewhere = await server.bank.branch("泰和社区", BranchKind.COMMUNITY)
    stranger = await server.as_staff(*Role, branch=elsewhere)
    for path in (
        f"/members/{first['id']}/export",
        f"/branches/{district.community.id}/months/2026-10.csv",
        f"/desks/{desk_id}/register/2026-11-16.csv",
    ):
        await get(stranger, path, status=404)
    assert await server.bank.database.read(exports_noted) == [], "nothing was handed out"
    await post(stranger, "/members", {"name": "王芳", "branch_id": elsewhere.id, "consents": []}, status=201)


def test_every_table_of_a_members_export_has_its_sheet_or_is_bookkeeping() -> None:
    columns = {name: {column.name for column in found.selected_columns} for name, found in _statements()}
    assert set(columns) == set(SHEETS) | BOOKKEEPING
    columns["message"].add("text")  # put into words
    columns["transfer"].add("balance_points")  # of the account that is the member's
    for table, (_, shown) in SHEETS.items():
        assert set(shown) <= columns[table], table
    assert {column for _, shown in SHEETS.values() for column in shown} == set(HEADINGS)
