"""Reading boards over HTTP: lists, editions as JSON and CSV, the running period, and one's own rank."""

import csv
import io
from datetime import datetime

import pytest
from python_calamine import CalamineWorkbook

from points_bank.actor import Role
from points_bank.clock import PeriodKind
from points_bank.leaderboards.models import Measure
from tests.bank import Server, at
from tests.leaderboards.conftest import Community, as_member


async def test_what_is_published_is_for_everyone_who_has_signed_in(server: Server, served: Community) -> None:
    board, zhang = await served.board(), await served.member("张小明")
    await served.run("2026-11-05 09:00")
    elsewhere = await server.bank.branch("龙湖小区")
    readers = [
        await server.as_staff(Role.CLERK, branch=elsewhere),
        await server.as_staff(Role.OVERSEER),
        await as_member(server, zhang),
    ]
    paths = ["", f"/{board.id}/editions", f"/{board.id}/editions/2026-10", f"/{board.id}/live"]
    for path in paths:
        for reader in readers:
            assert (await reader.get(f"/leaderboards{path}")).status_code == 200
        answer = await server.client().get(f"/leaderboards{path}")
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_editions_are_listed_newest_first_and_in_pages(server: Server, served: Community) -> None:
    board = await served.board()
    other = await served.board()
    await served.run("2027-01-05 09:00")
    reader = await server.as_staff(Role.CLERK)
    url = f"/leaderboards/{board.id}/editions"
    first = (await reader.get(url, params={"limit": 2})).json()
    assert [each["period"] for each in first["items"]] == ["2026-12", "2026-11"]
    rest = (await reader.get(url, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [each["period"] for each in rest["items"]] == ["2026-10"]
    assert rest["next_cursor"] is None
    assert set(rest["items"][0]) == {
        *("board_id", "period", "state", "due_at", "published_at", "finalises_at", "finalised_at"),
        *("ledger_position", "content_hash", "participants"),
    }
    assert {each["board_id"] for each in (await reader.get(f"/leaderboards/{other.id}/editions")).json()["items"]} == {
        other.id
    }


@pytest.mark.parametrize(
    "path",
    [
        "/leaderboards/99/editions",
        "/leaderboards/99/editions/2026-10",
        "/leaderboards/99/live",
        "/leaderboards/1/editions/2026-11",
        "/leaderboards/1/editions/2026-11.csv",
        "/leaderboards/1/editions/2026-W42",
        "/leaderboards/1/editions/2026-10.ods",
        "/leaderboards/1/editions/%20",
        "/leaderboards/1/editions/2026-13",
        "/leaderboards/0/live",
        "/leaderboards/99999999999999999999/live",
    ],
)
async def test_what_is_not_there_is_not_found(server: Server, served: Community, path: str) -> None:
    await served.board()
    await served.run("2026-11-05 09:00")
    answer = await (await server.as_staff(Role.CLERK)).get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_an_edition_as_a_file(server: Server, served: Community) -> None:
    board = await served.board()
    zhang, odd = await served.member("张小明"), await served.member("=1+1")
    await served.serve("2026-10-17", {zhang: 120, odd: 60})
    await served.run("2026-11-05 09:00")
    token = await server.bank.token(await server.bank.staff(Role.CLERK))
    answer = await server.client(token, language="zh").get(f"/leaderboards/{board.id}/editions/2026-10.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="board-{board.id}-2026-10.csv"'
    assert answer.content.startswith("\ufeff名次".encode())
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert rows == [["名次", "姓名", "积分"], ["1", "张*明", "20"], ["2", "'=*1", "10"]]
    english = await server.client(token).get(f"/leaderboards/{board.id}/editions/2026-10.csv")
    assert english.content.decode("utf-8-sig").startswith("Rank,Name,Points\r\n")
    book = (await server.client(token).get(f"/leaderboards/{board.id}/editions/2026-10.xlsx")).content
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_name("2026-10")
    assert sheet.to_python() == [["Rank", "Name", "Points"], [1.0, "张*明", 20.0], [2.0, "'=*1", 10.0]]


async def test_the_file_names_what_is_measured(server: Server, served: Community) -> None:
    boards = [await served.board(measure=measure) for measure in Measure]
    await served.run("2026-11-05 09:00")
    reader = await server.as_staff(Role.CLERK)
    titles = [(await reader.get(f"/leaderboards/{board.id}/editions/2026-10.csv")).text for board in boards]
    assert [title.strip().rpartition(",")[2] for title in titles] == ["Points", "Minutes of service", "Sessions"]


async def test_the_running_period_is_worked_out_now(server: Server, served: Community) -> None:
    board = await served.board()
    zhang, li = await served.member("张小明"), await served.member("李华", agrees=False)
    await served.serve("2026-10-17", {zhang: 60, li: 120})
    reader = await as_member(server, zhang)
    url = f"/leaderboards/{board.id}/live"
    assert (await reader.get(url)).json()["participants"] == 0
    await served.run("2026-10-23 00:00")
    live = (await reader.get(url)).json()
    assert datetime.fromisoformat(live.pop("due_at")) == at("2026-11-05 09:00")
    assert live == {
        "board_id": board.id,
        "period": "2026-10",
        "state": "running",
        "published_at": None,
        "finalised_at": None,
        "standings": [{"rank": 1, "display_name": "张*明", "value": 10}],
        "participants": 2,
        "notes": [],
        "corrections": [],
    }
    server.bank.clock.set(at("2026-11-01 00:00"))
    after = (await reader.get(url)).json()
    assert (after["period"], after["standings"]) == ("2026-11", [])


async def test_own_rank_in_the_running_period_before_anything_is_published(server: Server, served: Community) -> None:
    board = await served.board()
    zhang, li, wang = [await served.member(name) for name in ("张小明", "李华", "王美")]
    await served.serve("2026-10-17", {zhang: 60, li: 120})
    await served.run("2026-10-23 00:00")
    for member_id, place, value in ((li, 1, 20), (zhang, 2, 10), (wang, None, 0)):
        rank = (await (await as_member(server, member_id)).get(f"/me/rank?board_id={board.id}")).json()
        assert rank == {
            "board_id": board.id,
            "period": "2026-10",
            "state": "running",
            "rank": place,
            "value": value,
            "participants": 2,
        }


async def test_own_rank_in_a_period_of_ones_choice(server: Server, served: Community) -> None:
    board, zhang = await served.board(), await served.member("张小明")
    await served.serve("2026-10-17", {zhang: 60})
    await served.serve("2026-11-07", {zhang: 120})
    await served.run("2026-12-05 09:00")
    client = await as_member(server, zhang)

    async def asked(period: str) -> tuple[str, int | None, int]:
        rank = (await client.get("/me/rank", params={"board_id": board.id, "period": period})).json()
        return rank["state"], rank["rank"], rank["value"]

    assert await asked("2026-10") == ("final", 1, 10)
    assert await asked("2026-11") == ("provisional", 1, 20)
    assert await asked("2026-12") == ("running", None, 0)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 422, "invalid"),
        ("board_id=x", 422, "invalid"),
        ("board_id=0", 422, "invalid"),
        ("board_id=99", 404, "not_found"),
        ("board_id=1&period=2026-W42", 422, "invalid"),
        ("board_id=1&period=never", 422, "invalid"),
        ("board_id=1&period=2026-09", 404, "not_found"),
        ("board_id=1&period=2027-01", 404, "not_found"),
    ],
)
async def test_a_rank_that_cannot_be_told(
    server: Server, served: Community, query: str, status: int, code: str
) -> None:
    await served.board()
    answer = await (await as_member(server, await served.member("张小明"))).get(f"/me/rank?{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_rank_is_for_members_alone(server: Server, served: Community) -> None:
    board = await served.board()
    answer = await (await server.as_staff(Role.ADMINISTRATOR)).get(f"/me/rank?board_id={board.id}")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (await server.client().get(f"/me/rank?board_id={board.id}")).status_code == 401


async def test_notes_say_where_late_service_counts(served: Community) -> None:
    """Where a longer board was due by then, it does not; where there is none, it counts while the period runs."""
    month = await served.board()
    week = await served.board(period=PeriodKind.WEEK, publish_day=1)
    zhang, li = await served.member("张小明"), await served.member("李华")
    await served.serve("2026-10-31", {zhang: 60, li: 60}, approved="2026-10-31 21:00")
    await served.run("2026-11-20 00:00")
    assert [
        (str(note.settled_on), note.participations, note.counts_in)
        for note in (await served.edition(week, "2026-W44")).notes
    ] == [("2026-11-05", 2, ["2026-10", "2026-Q4", "2026"])]
    assert (await served.edition(month, "2026-10")).notes == []

    await served.serve("2026-12-30", {zhang: 60}, approved="2027-01-06 10:00")
    await served.run("2027-02-01 00:00")
    (note,) = (await served.edition(month, "2026-12")).notes
    assert (str(note.settled_on), note.participations, note.counts_in) == ("2027-01-12", 1, [])


async def test_notes_know_the_longer_boards_that_wait_longer(served: Community) -> None:
    month = await served.board()
    await served.board(period=PeriodKind.QUARTER, publish_day=6)
    await served.board(period=PeriodKind.YEAR, publish_day=20)
    await served.board(period=PeriodKind.QUARTER, publish_day=28, measure=Measure.MINUTES)
    zhang = await served.member("张小明")
    await served.serve("2026-12-30", {zhang: 60}, approved="2027-01-06 10:00")
    await served.run("2027-02-01 00:00")
    (note,) = (await served.edition(month, "2026-12")).notes
    assert note.counts_in == ["2026"]
