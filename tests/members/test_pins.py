"""PIN slips, and signing in with them."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from points_bank.actor import SYSTEM, Role
from points_bank.errors import Busy, Forbidden, MemberClosed, NotFound, SamePerson
from points_bank.members.cards import issue_card, report_loss
from points_bank.members.changes import close_member
from points_bank.members.pins import PinSlip, next_pin_slip, pin_of, secret_of, set_pin
from points_bank.members.register import Registered
from points_bank.staff.passwords import hash_password, is_password
from tests.bank import Server, at
from tests.members.conftest import Estates


async def set_next_pin(estates: Estates, member_id: int) -> PinSlip:
    slip: PinSlip = await estates.read(next_pin_slip, member_id, by=estates.recorder)
    pin = await estates.read(pin_of, slip)
    pin_hash = hash_password(secret_of(member_id, pin))
    assert await estates.write(set_pin, slip, pin_hash=pin_hash, by=estates.recorder) == slip
    return slip


async def test_slips_are_counted_and_differ(estates: Estates) -> None:
    member, neighbour = await estates.member(), await estates.member()
    slips = [await set_next_pin(estates, each) for each in (member.id, member.id, neighbour.id)]
    assert slips == [PinSlip(member.id, 1), PinSlip(member.id, 2), PinSlip(neighbour.id, 1)]
    pins = [await estates.read(pin_of, slip) for slip in slips]
    assert len(set(pins)) == 3
    assert all(len(pin) == 6 and pin.isdigit() for pin in pins)
    assert await estates.last_note() == (estates.recorder.name, "set_pin", f"member:{neighbour.id}", [])


async def test_a_slip_that_was_overtaken_does_not_count(estates: Estates) -> None:
    member = await estates.member()
    first = await set_next_pin(estates, member.id)
    await set_next_pin(estates, member.id)
    with pytest.raises(Busy):
        await estates.write(set_pin, first, pin_hash="-", by=estates.recorder)
    assert (await estates.read(next_pin_slip, member.id, by=estates.recorder)).serial == 3


async def test_who_may_not_print_a_slip(estates: Estates) -> None:
    member, stranger = await estates.member(), await estates.member(branch=estates.other)
    slip = PinSlip(member.id, 1)
    for role in (Role.OVERSEER, Role.STOCK_KEEPER):
        by = await estates.bank.staff(role, branch=estates.home)
        with pytest.raises(Forbidden):
            await estates.read(next_pin_slip, member.id, by=by)
        with pytest.raises(Forbidden):
            await estates.write(set_pin, slip, pin_hash="-", by=by)
    with pytest.raises(NotFound):
        await estates.read(next_pin_slip, stranger.id, by=estates.recorder)
    await estates.write(close_member, member.id, reason="迁出", by=SYSTEM)
    with pytest.raises(MemberClosed):
        await estates.read(next_pin_slip, member.id, by=estates.recorder)
    with pytest.raises(MemberClosed):
        await estates.write(set_pin, slip, pin_hash="-", by=estates.recorder)


async def test_nobody_prints_their_own_slip(estates: Estates) -> None:
    at_home, neighbour = await estates.member(), await estates.member()
    by = await estates.bank.staff(Role.RECORDER, branch=estates.home, member_id=at_home.id)
    with pytest.raises(SamePerson):
        await estates.read(next_pin_slip, at_home.id, by=by)
    with pytest.raises(SamePerson):
        await estates.write(set_pin, PinSlip(at_home.id, 1), pin_hash="-", by=by)
    assert (await estates.read(next_pin_slip, neighbour.id, by=by)).serial == 1


def test_a_hash_is_of_one_member_s_pin() -> None:
    pin_hash = hash_password(secret_of(7, "012345"))
    assert is_password(secret_of(7, " ０１２３４５ "), pin_hash)
    assert not is_password(secret_of(8, "012345"), pin_hash)


async def slip_of(client: httpx.AsyncClient, member: Registered) -> str:
    answer = await client.post(f"/members/{member.id}/pin")
    assert answer.status_code == 201
    pin: str = answer.json()["pin"]
    return pin


async def test_a_member_signs_in_and_reads_their_record(server: Server, served: Estates) -> None:
    member = await served.member()
    staff = server.client(await server.bank.token(served.recorder))
    pin = await slip_of(staff, member)
    answer = await server.client().post("/member-tokens", json={"card_no": member.card_no, "pin": pin})
    assert answer.status_code == 201
    # 30 days from now; the clock runs on while the request is under way.
    assert answer.json()["expires_at"].startswith("2026-11-11T01:0")
    me = server.client(answer.json()["token"])
    record = (await me.get("/me")).json()
    assert (record["id"], record["name"], record["card_no"]) == (member.id, "张伟", member.card_no)
    assert (await me.put("/me/consents/boards")).json()["purpose"] == "boards"
    assert (await me.get("/me")).json()["consents"] == ["boards"]
    assert (await me.delete("/me/consents/boards")).status_code == 204
    assert (await me.get("/me")).json()["consents"] == []
    server.bank.clock.set(at("2026-10-12 10:00") + timedelta(days=30))
    assert (await me.get("/me")).json()["code"] == "unauthenticated"


async def test_staff_have_no_record_and_members_keep_none(server: Server, served: Estates) -> None:
    member = await served.member()
    staff = server.client(await server.bank.token(served.recorder))
    assert (await staff.get("/me")).status_code == 403
    assert (await staff.put("/me/consents/boards")).status_code == 403
    sent = {"card_no": member.card_no, "pin": await slip_of(staff, member)}
    me = server.client((await server.client().post("/member-tokens", json=sent)).json()["token"])
    for method, path in [
        ("GET", "/members"),
        ("GET", f"/members/{member.id}"),
        ("POST", f"/members/{member.id}/cards"),
        ("POST", f"/members/{member.id}/pin"),
        ("PUT", f"/members/{member.id}/consents/boards"),
    ]:
        assert (await me.request(method, path)).status_code == 403, path


async def test_a_new_slip_ends_the_old_pin_and_its_tokens(server: Server, served: Estates) -> None:
    member = await served.member()
    staff = server.client(await server.bank.token(served.recorder))
    old = {"card_no": member.card_no, "pin": await slip_of(staff, member)}
    me = server.client((await server.client().post("/member-tokens", json=old)).json()["token"])
    new = {"card_no": member.card_no, "pin": await slip_of(staff, member)}
    assert (await me.get("/me")).status_code == 401
    answers = [await server.client().post("/member-tokens", json=sent) for sent in (old, new)]
    assert [answer.status_code for answer in answers] == [401, 201]


async def test_a_repeated_request_prints_the_same_slip(server: Server, served: Estates) -> None:
    member = await served.member()
    staff = server.client(await server.bank.token(served.recorder))
    headers = {"Idempotency-Key": "slip"}
    answers = [await staff.post(f"/members/{member.id}/pin", headers=headers) for _ in range(2)]
    await slip_of(staff, member)
    answers.append(await staff.post(f"/members/{member.id}/pin", headers=headers))
    assert len({answer.text for answer in answers}) == 1
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true", "true"]


async def test_what_gives_no_token(server: Server, served: Estates) -> None:
    """A wrong PIN, a lost card, a closed passbook and a card without a PIN look the same from outside."""
    staff = server.client(await server.bank.token(served.recorder))
    wrong, lost, closed, replaced, without = [await served.member() for _ in range(5)]
    sent = [
        {"card_no": each.card_no, "pin": await slip_of(staff, each)} for each in (wrong, lost, closed, replaced)
    ] + [{"card_no": without.card_no, "pin": "000000"}]
    sent[0]["pin"] = f"{(int(sent[0]['pin']) + 1) % 10**6:06}"
    await served.write(report_loss, lost.id, by=SYSTEM)
    await served.write(close_member, closed.id, reason="迁出", by=SYSTEM)
    await served.write(issue_card, replaced.id, by=SYSTEM)
    answers = [await server.client().post("/member-tokens", json=each) for each in sent]
    assert len({answer.text for answer in answers}) == 1
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, "unauthenticated")}


@pytest.mark.racing
async def test_tries_are_limited_also_when_they_come_at_once(server: Server, served: Estates) -> None:
    member = await served.member()
    staff = server.client(await server.bank.token(served.recorder))
    pin, client = await slip_of(staff, member), server.client()
    guesses = [f"{(int(pin) + 1 + number) % 10**6:06}" for number in range(8)]
    answers = await asyncio.gather(
        *(client.post("/member-tokens", json={"card_no": member.card_no, "pin": guess}) for guess in guesses)
    )
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 3
    right = {"card_no": member.card_no, "pin": pin}
    refused = await client.post("/member-tokens", json=right)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_tries")
    assert 0 < int(refused.headers["Retry-After"]) <= 15 * 60
    server.bank.clock.set(at("2026-10-12 09:16"))
    assert (await client.post("/member-tokens", json=right)).status_code == 201


async def test_what_makes_no_sense_is_invalid(server: Server) -> None:
    mistyped = {"card_no": "1234567890", "pin": "1"}
    for sent in ({}, mistyped, mistyped | {"card_no": 1}, mistyped | {"card_no": "1" * 99}, mistyped | {"name": "x"}):
        answer = await server.client().post("/member-tokens", json=sent)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
