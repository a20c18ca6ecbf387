"""How a file comes in: as a browser's form, cut off, or with more than there should be."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from points_bank.actor import Role
from points_bank.branches.tree import BranchLine
from points_bank.settings import Settings
from points_bank.uploads import MOST_AROUND_BYTES
from tests.bank import Server
from tests.imports.files import csv_of

CONTENT = csv_of([["姓名", "手机号"], ["张伟", 13812341234]])
LIMIT = 100_000


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"import_limit_bytes": LIMIT})


@pytest.fixture
async def estate(server: Server) -> BranchLine:
    return await server.bank.branch()


@pytest.fixture
async def recorder(server: Server, estate: BranchLine) -> httpx.AsyncClient:
    return await server.as_staff(Role.RECORDER, branch=estate)


async def post(client: httpx.AsyncClient, branch: BranchLine, **request: Any) -> httpx.Response:
    return await client.post("/imports", params={"kind": "members", "branch_id": branch.id}, **request)


async def test_a_form_of_a_browser_brings_its_file(recorder: httpx.AsyncClient, estate: BranchLine) -> None:
    named = {"file": (r"C:\桌面\名册.csv", CONTENT, "text/csv")}
    answer = await post(recorder, estate, files=named, data={"mark": "x"})
    assert (answer.status_code, answer.json()["new_rows"], answer.json()["name"]) == (201, 1, "名册.csv")
    as_body = await post(recorder, estate, content=CONTENT, headers={"Content-Type": "text/csv"})
    assert as_body.json() == answer.json()


async def test_a_form_without_one_file_is_refused(recorder: httpx.AsyncClient, estate: BranchLine) -> None:
    boundary = {"Content-Type": "multipart/form-data; boundary=b"}
    whole = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + CONTENT + b"\r\n--b--\r\n"
    requests: list[dict[str, Any]] = [
        {"files": {"other": ("a.csv", CONTENT)}},
        {"files": [("file", ("a.csv", CONTENT)), ("file", ("b.csv", CONTENT))]},
        {"files": {"file": ("a.csv", CONTENT)}, "data": {"more": "x" * 2 * MOST_AROUND_BYTES}},
        {"content": whole[:-8], "headers": boundary},
        {"content": b"no form", "headers": boundary},
        {"content": whole, "headers": {"Content-Type": "multipart/form-data"}},
    ]
    for request in requests:
        answer = await post(recorder, estate, **request)
        assert (answer.status_code, list(answer.json()["fields"])) == (422, ["file"]), request
    assert (await post(recorder, estate, content=whole, headers=boundary)).status_code == 201


async def test_a_form_with_too_large_a_file_is_refused_while_it_is_read(
    recorder: httpx.AsyncClient, estate: BranchLine
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
        for _ in range(1_000):
            yield b"x" * 50_000

    form = {"Content-Type": "multipart/form-data; boundary=b"}
    for request in ({"content": pieces(), "headers": form}, {"files": {"file": b"x" * (LIMIT + 1)}}):
        answer = await post(recorder, estate, **request)
        fields = {"file": f"The file has more than {LIMIT} bytes."}
        assert (answer.status_code, answer.json()["fields"]) == (422, fields)


class Told(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def told() -> Iterator[Told]:
    handler = Told()
    logging.getLogger("points_bank").addHandler(handler)
    yield handler
    logging.getLogger("points_bank").removeHandler(handler)


async def test_who_goes_away_while_sending_is_no_failure(
    server: Server, recorder: httpx.AsyncClient, estate: BranchLine, told: Told
) -> None:
    address = httpx.URL(server.url)
    for path in (f"/api/v1/imports?kind=members&branch_id={estate.id}", "/api/v1/activities"):
        _, writer = await asyncio.open_connection(address.host, address.port)
        kind = "text/csv" if "imports" in path else "application/json"
        head = [
            f"POST {path} HTTP/1.1", f"Host: {address.host}", f"Authorization: {recorder.headers['authorization']}",
            "Content-Length: 50000", f"Content-Type: {kind}", "", "",
        ]  # fmt: skip
        writer.write("\r\n".join(head).encode() + b"x" * 1_000)
        await writer.drain()
        await asyncio.sleep(0.2)
        writer.close()
        await writer.wait_closed()
    await asyncio.sleep(0.3)
    assert [record.getMessage() for record in told.records if record.levelno >= logging.ERROR] == []
