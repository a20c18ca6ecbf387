"""At the new place people go on as if nothing had happened, over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from litestar import Litestar

from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.settings import Settings
from points_bank.verify import differences
from tests.bank import Bank, Server
from tests.moving.conftest import move, pack
from tests.serving import serving
from tests.stories.district import District, get, post


@asynccontextmanager
async def served(application: Litestar, settings: Settings, clock: Clock) -> AsyncIterator[Server]:
    """A bank over HTTP; its books are verified before it is closed."""
    database = Database(settings, clock)
    async with serving(application, database) as address:
        server = Server(await Bank.on(database), address)
        try:
            yield server
        finally:
            await server.close()
        assert await differences(database) == []


async def test_life_goes_on_where_it_was(
    application: Litestar, settings: Settings, empty: Settings, clock: Clock, tmp_path: Path
) -> None:
    """Tokens, PINs, keys of requests, phones and receipts are as good as before, and new rows find room."""
    async with served(application, settings, clock) as server:
        before = await District.of(server)
        member = await before.member("陈大文", phone="13900001234")
        pin = (await post(before.clerk, f"/members/{member['id']}/pin", status=201))["pin"]
        for day, end in (("2026-10-13", "12:00"), ("2026-10-14", "12:00"), ("2026-10-15", "12:00")):
            await before.it_is(f"{day} 19:00")
            await before.approve(await before.log([member["id"]], f"{day} 08:00", end))
        await before.it_is("2026-10-22 09:00")
        desk_id = await before.desk()
        soap = await before.reward("肥皂", 10, desk_id=desk_id, quantity=5)
        order = {"member_id": member["id"], "desk_id": desk_id, "items": [{"reward_id": soap, "quantity": 1}]}
        first = await post(before.clerk, "/redemptions", order, status=201, key="first")
        passbook = await before.passbook(member) | {"as_of": ...}
        [newest, *_] = await before.transfers(member)
        receipt = await get(before.clerk, f"/transfers/{newest['id']}/receipt")
        staff = (before.administrator, before.recorder, before.approver, before.clerk)
        tokens = [each.headers["Authorization"].removeprefix("Bearer ") for each in staff]
        await pack(server.bank.database, tmp_path / "house.zip")
    moved = await move(empty, tmp_path / "house.zip")

    async with served(application, empty, clock) as server:
        administrator, recorder, approver, clerk = (server.client(token) for token in tokens)
        after = District(server, before.community, administrator, recorder, approver, clerk)
        assert await after.passbook(member) | {"as_of": ...} == passbook
        assert await get(after.clerk, f"/transfers/{newest['id']}/receipt") == receipt
        assert (await get(server.client(), f"/receipts/{receipt['code']}"))["state"] == "valid"
        again = await after.clerk.post("/redemptions", json=order, headers={"Idempotency-Key": "first"})
        assert (again.json(), again.headers["Idempotency-Replayed"]) == (first, "true")
        signed_in = {"card_no": member["card_no"], "pin": pin}
        assert "token" in await post(server.client(), "/member-tokens", signed_in, status=201)
        found = await get(after.recorder, "/members", q="1234", branch_id=after.community.id)
        assert [each["id"] for each in found["items"]] == [member["id"]]
        assert (await after.member("王芳"))["id"] > member["id"]
        second = await after.redeem(member, desk_id, soap)
        assert second["id"] > first["id"]
        assert second["spendable_points"] == first["spendable_points"] - 10
        await after.approve(await after.log([member["id"]], "2026-10-21 08:00", "10:00"))
        await after.it_is("2026-10-31 09:00")
        [latest, *_] = await after.transfers(member)
        assert latest["amount_points"] == 20
        assert latest["id"] > moved.manifest.ledger_position
