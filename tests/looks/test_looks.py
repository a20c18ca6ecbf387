"""Who looked at whom: counted once a day and view, written down a moment later, told to the member, and forgotten."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Actor, Role
from points_bank.app import PAGES, ROUTES
from points_bank.clock import Clock
from points_bank.columns import table_of
from points_bank.database import Database
from points_bank.errors import Busy
from points_bank.looks.keeping import Seen, Times, keep_looks
from points_bank.looks.lookups import TooManyLookups
from points_bank.looks.models import Look, View
from points_bank.members.register import register_member
from points_bank.scheduler import run_due
from points_bank.settings import Settings
from points_bank.staff.tokens import hash_of, issue_member_token, issue_staff_token, new_token
from points_bank.transaction import Transaction
from points_bank.verify import differences
from points_bank.watching import MOST_GATHERED, Looks
from tests.bank import FAR, Bank, Server, at
from tests.scene import Scene, set_scene

SHOWN = {
    "/members/{member_id:int}": View.RECORD,
    "/members/{member_id:int}/certificates": View.RECORD,
    "/members/{member_id:int}/messages": View.RECORD,
    "/members/{member_id:int}/suspensions": View.RECORD,
    "/members/{member_id:int}/passbook": View.PASSBOOK,
    "/members/{member_id:int}/lots": View.PASSBOOK,
    "/members/{member_id:int}/transfers": View.PASSBOOK,
    "/members/{member_id:int}/earlier-passbooks": View.PASSBOOK,
    "/members/{member_id:int}/household": View.HOUSEHOLD,
    "/members/{member_id:int}/proxies": View.HOUSEHOLD,
    "/members/{member_id:int}/export": View.DATA_FILE,
    "/members/{member_id:int}/export.xlsx": View.DATA_FILE,
}
"""Every route that shows something of one member, and what that is called."""


@pytest.fixture
async def scene(server: Server) -> Scene:
    return await set_scene(server)


async def test_every_route_about_a_member_leaves_a_look(server: Server, scene: Scene) -> None:
    about = {path for each in ROUTES for path in each.paths if "GET" in each.http_methods and "{member_id" in path}
    assert {path for path in about if not path.startswith("/me/")} == set(SHOWN)
    overseer = await server.as_staff(Role.OVERSEER)
    seen_before = 0
    for path, view in SHOWN.items():
        client = await server.as_staff(Role.ADMINISTRATOR)
        answer = await client.get(path.replace("{member_id:int}", str(scene.member)))
        assert answer.status_code == 200, path
        (look,) = await _looks(overseer, f"member_id={scene.member}", newer_than=seen_before)
        assert (look["view"], look["times"]) == (view, 1), path
        seen_before = look["id"]


def test_every_page_about_a_member_is_known_here() -> None:
    """Their looks are tested with the pages."""
    about = {path for each in PAGES for path in each.paths if "GET" in each.http_methods and "{member_id" in path}
    assert about == {
        "/staff/members/{member_id:int}",
        "/staff/members/{member_id:int}/card",
        "/staff/members/{member_id:int}/grant",
        "/staff/members/{member_id:int}/household",
        "/staff/members/{member_id:int}/suspensions",
        "/desk/{desk_id:int}/members/{member_id:int}",
    }


async def test_looks_of_a_day_are_counted_in_one_row(server: Server, scene: Scene) -> None:
    clerk, overseer = await server.as_staff(Role.CLERK), await server.as_staff(Role.OVERSEER)
    for _ in range(3):
        await clerk.get(f"/members/{scene.member}/passbook")
    server.bank.clock.set(at("2026-10-12 17:00"))
    await clerk.get(f"/members/{scene.member}/passbook")
    (look,) = await _looks(overseer, f"member_id={scene.member}", times=4)
    assert look["view"] == "passbook"
    assert look["looked_on"] == "2026-10-12"
    assert look["first_at"] < "2026-10-12T01:10" < look["last_at"]
    server.bank.clock.set(at("2026-10-13 09:00"))
    await clerk.get(f"/members/{scene.member}/passbook")
    assert len(await _looks(overseer, f"staff_id={look['staff_id']}", count=2)) == 2


async def test_what_is_refused_was_not_seen(server: Server, scene: Scene) -> None:
    stock_keeper, overseer = await server.as_staff(Role.STOCK_KEEPER), await server.as_staff(Role.OVERSEER)
    assert (await stock_keeper.get(f"/members/{scene.member}/passbook")).status_code == 403
    await overseer.get(f"/members/{scene.member}/passbook")
    (look,) = await _looks(overseer, "")
    assert look["view"] == "passbook"


async def test_a_whole_card_number_and_a_household_are_looks_at_each_of_them(server: Server, scene: Scene) -> None:
    clerk, overseer = await server.as_staff(Role.CLERK), await server.as_staff(Role.OVERSEER)
    card_no = (await overseer.get(f"/members/{scene.member}")).json()["card_no"]
    await clerk.get("/members", params={"q": card_no})
    await overseer.get(f"/households/{scene.household}")
    found = await _looks(overseer, f"member_id={scene.member}", count=3)
    assert [look["view"] for look in reversed(found)] == ["record", "record", "household"]


async def test_members_see_who_looked_and_nobody_elses(server: Server, scene: Scene) -> None:
    other = await server.bank.database.write(
        register_member, name="李娜", branch_id=scene.branch, consents=[], by=SYSTEM
    )
    mine, hers = [await _as_member(server, member_id) for member_id in (scene.member, other.id)]
    overseer = await server.as_staff(Role.OVERSEER)
    await overseer.get(f"/members/{scene.member}/passbook")
    await mine.get("/me/passbook")
    await _looks(overseer, "")
    (look,) = (await mine.get("/me/looks")).json()["items"]
    assert (look["staff_name"], look["view"], look["times"]) == ("王", "passbook", 1)
    assert "staff_id" not in look
    assert (await hers.get("/me/looks")).json()["items"] == []
    tables = (await mine.get("/me/export")).json()["tables"]
    assert tables["look"][0]["view"] == "passbook"


async def test_only_the_districts_administration_reads_looks(server: Server, scene: Scene) -> None:
    for role in Role:
        answer = await (await server.as_staff(role)).get("/looks")
        assert answer.status_code == (200 if role in {Role.ADMINISTRATOR, Role.OVERSEER} else 403)
    mine = await _as_member(server, scene.member)
    assert (await mine.get("/looks")).status_code == 403


@pytest.mark.only("sqlite", "a server has no lock on everything")
async def test_looks_are_kept_while_nothing_can_be_written_and_written_at_the_end(settings: Settings) -> None:
    impatient = settings.model_copy(update={"lock_wait_seconds": 0.05, "looks_seconds": 60})
    async with Database(impatient, Clock(at("2026-10-12 09:00"))) as database:
        bank = await Bank.on(database)
        clerk, member_id = await bank.staff(Role.CLERK), await _member(bank)
        with closing(sqlite3.connect(settings.database_path)) as other:
            async with Looks(database) as looks:
                other.execute("BEGIN IMMEDIATE")
                looks.add(View.DESK, [member_id], by=clerk)
                with pytest.raises(Busy):
                    await looks.write()
                other.rollback()
                looks.add(View.DESK, [member_id], by=clerk)
                looks.add(View.DESK, [member_id], by=SYSTEM)
        assert await database.read(_times_of, member_id) == [2]


async def test_only_so_many_wait(bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    clerk = await bank.staff(Role.CLERK)
    looks = Looks(bank.database)
    looks.add(View.DESK, range(1, MOST_GATHERED + 2), by=clerk)
    assert "is not kept" in caplog.text


async def test_two_processes_count_into_one_row(bank: Bank) -> None:
    clerk, member_id = await bank.staff(Role.CLERK), await _member(bank)
    seen = Seen(clerk.id, member_id, View.DESK, at("2026-10-12 09:00").date())
    late, early = at("2026-10-12 09:00"), at("2026-10-12 08:59")
    await bank.database.write(keep_looks, [(seen, Times(late, late))])
    await bank.database.write(keep_looks, [(seen, Times(early, early, 2))])
    assert await bank.database.read(_times_of, member_id) == [3]


async def test_looks_are_forgotten_after_three_years(bank: Bank) -> None:
    clerk, member_id = await bank.staff(Role.CLERK), await _member(bank)
    for day in (at("2026-10-12 09:00"), at("2026-10-13 09:00")):
        await bank.database.write(keep_looks, [(Seen(clerk.id, member_id, View.DESK, day.date()), Times(day, day))])
    kept = timedelta(days=bank.database.settings.looks_kept_days)
    bank.clock.set(at("2026-10-12 00:00") + kept - timedelta(minutes=1))
    await run_due(bank.database)
    assert await bank.database.read(_times_of, member_id) == [1, 1]
    bank.clock.set(at("2026-10-12 00:00") + kept)
    assert [done.count for done in await run_due(bank.database) if done.job == "forget_looks"] == [1]
    assert await bank.database.read(_times_of, member_id) == [1]


async def test_a_look_counted_on_another_day_is_named(bank: Bank) -> None:
    clerk, member_id = await bank.staff(Role.CLERK), await _member(bank)
    now = at("2026-10-12 09:00")
    seen = Seen(clerk.id, member_id, View.DESK, at("2026-10-13 09:00").date())
    await bank.database.write(keep_looks, [(seen, Times(now, now))])
    assert await differences(bank.database) == ["looks are counted on their day: look 1 was not on 2026-10-13"]
    await bank.database.write(_forget_all)


async def _looks(
    reader: httpx.AsyncClient, asked: str, *, newer_than: int = 0, count: int = 1, times: int = 1
) -> list[dict[str, Any]]:
    """What was written down, once there are so many rows of so many looks: it takes a moment."""
    for _ in range(100):
        rows = (await reader.get(f"/looks?{asked}")).json()["items"]
        found = [row for row in rows if row["id"] > newer_than]
        if len(found) >= count and found[0]["times"] >= times:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"only {found} was written down")


async def _as_member(server: Server, member_id: int) -> httpx.AsyncClient:
    token = new_token()
    await server.bank.database.write(
        issue_member_token, member_id=member_id, token_hash=hash_of(token), expires_at=FAR, by=SYSTEM
    )
    return server.client(token)


async def _member(bank: Bank) -> int:
    made = await bank.database.write(register_member, name="张伟", branch_id=bank.district.id, consents=[], by=SYSTEM)
    return made.id


def _times_of(tx: Transaction, member_id: int) -> list[int]:
    look = table_of(Look)
    return [row.times for row in tx.all(sa.select(look.c.times).where(look.c.member_id == member_id))]


def _forget_all(tx: Transaction) -> None:
    tx.run(sa.delete(table_of(Look)))


async def test_a_register_is_not_copied_by_searching(server: Server, settings: Settings) -> None:
    """Who was shown as many as allowed waits for the next hour, in every process; others go on."""
    database = server.bank.database
    database.settings = database.settings.model_copy(update={"lookups_an_hour": 6})
    branch = await server.bank.branch()
    for number in range(4):
        await database.write(register_member, name=f"张伟{number}", branch_id=branch.id, by=SYSTEM)
    recorder, clerk = await server.as_staff(Role.RECORDER), await server.as_staff(Role.CLERK)
    assert len((await recorder.get("/members")).json()["items"]) == 4
    assert len((await recorder.get("/members", params={"q": "zw"})).json()["items"]) == 4
    for path in ("/members", "/members?q=zw"):
        refused = await recorder.get(path)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_tries")
        assert 0 < refused.json()["fields"]["retry_after_seconds"] <= 3_600
    assert (await clerk.get("/members")).status_code == 200

    async with Looks(database) as elsewhere:
        by = await server.bank.staff(Role.RECORDER)
        elsewhere.found(6, by=by)
        await elsewhere.write()
    async with Looks(database) as looks:
        with pytest.raises(TooManyLookups):
            await looks.require_measure(by)
        server.bank.clock.set(at("2026-10-12 10:00"))
        await looks.require_measure(by)


async def test_lists_that_name_people_count_as_searching(server: Server, scene: Scene) -> None:
    """Members registered twice, and the register of any day: on paper and over JSON alike."""
    database, asked = server.bank.database, [f"/desks/{scene.desk}/register", "/members/twins"]
    for _ in range(2):
        await database.write(
            register_member, name="张伟", branch_id=scene.branch, born_on=at("1950-01-01 00:00").date(), by=SYSTEM
        )
    root = await server.as_staff(Role.ADMINISTRATOR)
    ordered = {
        "member_id": scene.member, "desk_id": scene.desk, "items": [{"reward_id": scene.reward, "quantity": 1}],
    }  # fmt: skip
    done = await root.post("/redemptions", json=ordered, headers={"Idempotency-Key": "1"})
    assert done.status_code == 201, done.text
    pages = [f"/desk/{scene.desk}/register", "/staff/twins"]
    people = {"register": 1, "twins": 2}
    for path in [*asked, *pages]:
        reader = await server.bank.staff(Role.ADMINISTRATOR)
        client = await _by(server, reader, is_page=path in pages)
        database.settings = database.settings.model_copy(update={"lookups_an_hour": people[path.rsplit("/", 1)[1]]})
        assert (await client.get(path)).status_code == 200, path
        assert (await client.get(path)).status_code == 429, path


async def test_who_was_helped_or_is_doubted_was_looked_at(server: Server, scene: Scene) -> None:
    """In the help pool and in a review people stand by name beside what is nobody else's business."""
    overseer, seen_before = await server.as_staff(Role.OVERSEER), 0
    asked = [f"/help-pool/grants?branch_id={scene.branch}", f"/reviews/{scene.review}"]
    asked += [f"/reviews/{scene.review}/evidence.csv", f"/reviews/{scene.review}/evidence.xlsx"]
    pages = ["/staff/help-pool", f"/staff/reviews/{scene.review}", f"/staff/reviews/{scene.review}/evidence.xlsx"]
    for path in [*asked, *pages]:
        reader = await server.bank.staff(Role.ADMINISTRATOR)
        answer = await (await _by(server, reader, is_page=path in pages)).get(path)
        assert answer.status_code == 200, path
        (look,) = await _looks(overseer, f"member_id={scene.member}", newer_than=seen_before)
        assert (look["staff_id"], look["view"]) == (reader.id, "record"), path
        seen_before = look["id"]


async def _by(server: Server, reader: Actor, *, is_page: bool) -> httpx.AsyncClient:
    token = new_token()
    await server.bank.database.write(
        issue_staff_token, staff_id=reader.id, token_hash=hash_of(token), expires_at=FAR, by=SYSTEM
    )
    return await server.browser(token) if is_page else server.client(token)
