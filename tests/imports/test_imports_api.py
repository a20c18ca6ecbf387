"""Files over HTTP: sent as the body, reported on, corrected, and sent again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from points_bank.actor import Role
from points_bank.branches.tree import BranchLine
from points_bank.scheduler import run_due
from points_bank.settings import Settings
from tests.bank import Server
from tests.imports.files import csv_of, xlsx_of

FILE = {"Content-Type": "application/octet-stream"}
HEADINGS = ["姓名", "手机号", "出生日期"]
ROWS: list[list[Any]] = [HEADINGS, ["张伟", 13812341234, "1950-01-02"], ["李娜", "12", "昨天"], ["=王芳", None, None]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"import_limit_bytes": 100_000})


@pytest.fixture
async def estate(server: Server) -> BranchLine:
    return await server.bank.branch()


@pytest.fixture
async def recorder(server: Server, estate: BranchLine) -> httpx.AsyncClient:
    return await server.as_staff(Role.RECORDER, branch=estate)


async def send(client: httpx.AsyncClient, branch: BranchLine, content: Any, **query: Any) -> httpx.Response:
    headers = FILE | {"Idempotency-Key": query.pop("key")} if "key" in query else FILE
    asked = {"kind": "members", "branch_id": branch.id, "name": "名册.xlsx", **query}
    return await client.post("/imports", content=content, params=asked, headers=headers)


async def test_a_file_is_taken_and_its_bad_rows_come_back_to_be_corrected(
    recorder: httpx.AsyncClient, estate: BranchLine
) -> None:
    answer = await send(recorder, estate, xlsx_of(ROWS))
    assert answer.status_code == 201, answer.text
    outcome = answer.json()
    assert outcome == {
        "id": outcome["id"], "kind": "members", "name": "名册.xlsx", "branch_id": estate.id, "choice": "good_rows",
        "state": "done", "new_rows": 2, "known_rows": 0, "refused_rows": 1, "notes": [],
        "refused": [{
            "row": 3, "column": "B 手机号",
            "reason": "Not a phone number: 11 digits for a mobile, or a landline with its area code.; "
            "Not a date: write it like 2026-10-12.",
        }],
        "twins": [], "activity_id": None, "held_rows": None,
    }  # fmt: skip
    shown = (await recorder.get(f"/imports/{outcome['id']}")).json()
    assert (shown["state"], shown["rows_done"], shown["sent_by"][:6]) == ("done", 3, "staff:")
    assert (await recorder.get("/imports")).json()["items"] == [shown]
    assert (await recorder.get(f"/imports/{outcome['id']}/report")).json()["items"] == outcome["refused"]
    for kind in ("csv", "xlsx"):
        report = (await recorder.get(f"/imports/{outcome['id']}/report.{kind}")).content
        again = (await send(recorder, estate, report, is_dry_run=True)).json()
        assert (again["new_rows"], again["refused_rows"]) == (0, 1)
    text = (await recorder.get(f"/imports/{outcome['id']}/report.csv")).content.decode("utf-8-sig")
    assert text.splitlines()[1].startswith('李娜,12,昨天,3,"B 手机号; C 出生日期","Not a phone number')
    corrected = text.replace("李娜,12,昨天", "李娜,13900000000,1960-05-06").encode("utf-8-sig")
    assert (await send(recorder, estate, corrected)).json()["new_rows"] == 1
    names = [each["name"] for each in (await recorder.get("/members")).json()["items"]]
    assert sorted(names) == ["=王芳", "张伟", "李娜"]


async def test_reasons_are_told_in_the_callers_language(
    server: Server, recorder: httpx.AsyncClient, estate: BranchLine
) -> None:
    answer = await recorder.post(
        "/imports", content=csv_of(ROWS), params={"kind": "members", "branch_id": estate.id, "is_dry_run": True},
        headers=FILE | {"Accept-Language": "zh"},
    )  # fmt: skip
    assert answer.json()["refused"][0]["reason"].endswith("不是日期：请写成 2026-10-12 的样子。")


async def test_a_dry_run_writes_nothing_and_can_answer_with_the_file(
    recorder: httpx.AsyncClient, estate: BranchLine
) -> None:
    answer = await send(recorder, estate, csv_of(ROWS), is_dry_run=True)
    assert (answer.status_code, answer.json()["id"], answer.json()["new_rows"]) == (200, None, 2)
    report = await send(recorder, estate, csv_of(ROWS), is_dry_run=True, report="xlsx")
    assert report.content.startswith(b"PK")
    assert (await recorder.get("/imports")).json()["items"] == (await recorder.get("/members")).json()["items"] == []


async def test_the_same_file_or_key_again_answers_the_same(recorder: httpx.AsyncClient, estate: BranchLine) -> None:
    content = csv_of(ROWS)
    first = await send(recorder, estate, content, key="k")
    for query in ({"key": "k"}, {}, {"key": "other"}):
        again = await send(recorder, estate, content, **query)
        assert (again.status_code, again.json()) == (201, first.json())
        assert ("idempotency-replayed" in again.headers) is (query.get("key") == "k")
    other = await send(recorder, estate, csv_of([HEADINGS, ["赵敏"]]), key="k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_file_that_is_too_large_is_refused_while_it_is_read(
    recorder: httpx.AsyncClient, estate: BranchLine
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(1_000):
            yield b"x" * 50_000

    for content in (pieces(), b"x" * 100_001):
        answer = await send(recorder, estate, content)
        assert (answer.status_code, answer.json()["fields"]) == (422, {"file": "The file has more than 100000 bytes."})


async def test_a_file_that_says_it_is_too_large_is_refused_before_a_byte_of_it_is_read(
    server: Server, recorder: httpx.AsyncClient, estate: BranchLine
) -> None:
    address = httpx.URL(server.url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    head = [
        f"POST /api/v1/imports?kind=members&branch_id={estate.id} HTTP/1.1", f"Host: {address.host}",
        f"Authorization: {recorder.headers['authorization']}", "Content-Length: 50000000",
        "Content-Type: application/octet-stream", "", "",
    ]  # fmt: skip
    writer.write("\r\n".join(head).encode())
    assert (await reader.readline()).split()[1] == b"422"
    writer.close()


async def test_what_cannot_be_a_file_is_refused(recorder: httpx.AsyncClient, estate: BranchLine) -> None:
    for content, why in (
        (b"", "The file is empty."),
        (b"PK\x03\x04", "This workbook cannot be read: File is not a zip file."),
        (b"\x01\x00\x02", "This is neither a spreadsheet (.xlsx) nor a text file (.csv)."),
    ):
        answer = await send(recorder, estate, content)
        assert (answer.status_code, answer.json()["fields"]) == (422, {"file": why})
    form = await recorder.post("/imports", data={"file": "x"}, params={"kind": "members", "branch_id": estate.id})
    assert list(form.json()["fields"]) == ["Content-Type"]
    for wrong in ({"kind": "planets"}, {"branch_id": "0"}, {"choice": "some"}, {"branch_id": "999"}):
        assert (await send(recorder, estate, csv_of(ROWS), **wrong)).status_code in {404, 422}


async def test_imports_of_other_branches_are_not_found(
    server: Server, recorder: httpx.AsyncClient, estate: BranchLine
) -> None:
    import_id = (await send(recorder, estate, csv_of(ROWS))).json()["id"]
    elsewhere = await server.as_staff(Role.RECORDER, branch=await server.bank.branch("银宇"))
    clerk = await server.as_staff(Role.CLERK, branch=estate)
    for path in (f"/imports/{import_id}", f"/imports/{import_id}/report", f"/imports/{import_id}/report.csv"):
        assert (await elsewhere.get(path)).status_code == 404
        assert (await clerk.get(path)).status_code == 403
    assert (await elsewhere.get("/imports")).json()["items"] == []
    for path in ("/imports/999", f"/imports/{import_id}/nothing"):
        assert (await recorder.get(path)).status_code == 404


async def test_refused_rows_are_forgotten_once_they_are_corrected(
    server: Server, recorder: httpx.AsyncClient, estate: BranchLine
) -> None:
    path = f"/imports/{(await send(recorder, estate, csv_of(ROWS))).json()['id']}"
    elsewhere = await server.as_staff(Role.RECORDER, branch=await server.bank.branch("银宇"))
    assert (await elsewhere.delete(f"{path}/report")).status_code == 404
    assert (await recorder.delete(f"{path}/rows")).status_code == 404
    assert len((await recorder.get(f"{path}/report")).json()["items"]) == 1
    for _ in range(2):
        assert (await recorder.delete(f"{path}/report")).status_code == 204
    assert (await recorder.get(f"{path}/report")).json()["items"] == []
    assert (await recorder.get(path)).json()["refused_rows"] == 1


async def test_refused_rows_are_not_kept_for_ever(
    server: Server, recorder: httpx.AsyncClient, estate: BranchLine
) -> None:
    path = f"/imports/{(await send(recorder, estate, csv_of(ROWS))).json()['id']}/report"
    clock, days = server.bank.clock, server.bank.database.settings.refused_rows_days
    clock.set(clock.now() + timedelta(days=days, minutes=-5))
    await run_due(server.bank.database)
    assert len((await recorder.get(path)).json()["items"]) == 1
    clock.set(clock.now() + timedelta(minutes=10))
    assert [done.count for done in await run_due(server.bank.database) if done.job == "forget"] == [1]
    assert (await recorder.get(path)).json()["items"] == []
