"""S15: consent, certificate, goodbye."""

from typing import Any

from points_bank.actor import Role
from points_bank.members.erasure import NO_NAME
from tests.bank import Server
from tests.stories.district import District, get, post


async def test_consent_withdrawn_while_the_board_is_up(server: Server) -> None:
    district = await District.of(server)
    board = await district.board("month")
    consents = ("records", "boards")
    people = {
        name: await district.member(name, consents=consents, born_on="1960-01-01") for name in ("Sun", "Bob", "Han")
    }
    ends = {"Sun": "12:00", "Bob": "11:00", "Han": "10:00"}
    await district.it_is("2026-10-20 19:00")
    for name, person in people.items():
        await district.approve(await district.log([person["id"]], "2026-10-20 08:00", ends[name], title=name))
    await district.it_is("2026-11-20 19:00")
    for name, person in people.items():
        await district.approve(await district.log([person["id"]], "2026-11-20 08:00", ends[name], title=name))
    await district.it_is("2026-12-02 19:00")
    for name, person in people.items():
        await district.approve(await district.log([person["id"]], "2026-12-02 08:00", ends[name], title=name))

    await district.it_is("2026-12-08 09:00")
    before = await district.edition(board, "2026-11")
    assert [(line["rank"], line["value"]) for line in before["standings"]] == [(1, 40), (2, 30), (3, 20)]
    live = await get(district.administrator, f"/leaderboards/{board}/live")
    assert [line["rank"] for line in live["standings"]] == [1, 2, 3]

    await district.it_is("2026-12-08 10:00")
    answer = await district.recorder.delete(f"/members/{people['Sun']['id']}/consents/boards")
    assert answer.status_code == 204
    after = await district.edition(board, "2026-11")
    live = await get(district.administrator, f"/leaderboards/{board}/live")
    for shown in (after, live):
        assert [(line["rank"], line["display_name"]) for line in shown["standings"]] == [(1, "B*"), (2, "H*")]
        assert shown["participants"] == 3
    assert (after["content_hash"], after["published_at"]) == (before["content_hash"], before["published_at"])
    assert after["seal"] == before["seal"] is not None
    printed = (await district.administrator.get(f"/leaderboards/{board}/editions/2026-11.csv")).text
    assert "S*" not in printed
    assert "B*" in printed


async def test_a_certificate_of_575_minutes(server: Server) -> None:
    district = await District.of(server)
    await district.it_is("2026-10-12 10:00")
    resident = await district.member("陈大文", born_on="1958-03-02")
    for entered, start, end, role in (
        ("2026-10-17 15:00", "2026-10-17 08:30", "11:00", "service"),
        ("2026-10-24 15:00", "2026-10-24 09:00", "09:45", "publicity"),
        ("2026-11-07 15:00", "2026-11-07 08:30", "10:50", "service"),
        ("2026-11-14 14:00", "2026-11-14 08:30", "12:30", "service"),
    ):
        await district.it_is(entered)
        await district.approve(await district.log([resident["id"]], start, end, role=role))
    await district.it_is("2026-12-15 10:00")
    issued = await district.recorder.post(f"/members/{resident['id']}/certificates", headers={"Accept-Language": "zh"})
    certificate = issued.json()
    assert (certificate["service_minutes"], certificate["service_time"]) == (575, "9小时35分")
    assert round(certificate["service_minutes"] / 60, 2) == 9.58
    assert [line["minutes"] for line in certificate["services"]] == [150, 45, 140, 240]
    assert (certificate["issuer"], certificate["handler"]) == ("凤岭社区", "王")

    checker = server.client(language="zh")
    number = certificate["number"]
    assert (await get(checker, f"/certificates/{number}"))["state"] == "announced"
    await district.it_is("2026-12-23 09:00")
    assert await get(checker, f"/certificates/{number}") == {"state": "valid", "text": "有效"}


async def test_goodbye(server: Server) -> None:
    district = await District.of(server)
    board = await district.board("month")
    resident = await district.member("田福", born_on="1950-01-01", phone="13800001234", consents=("records", "boards"))
    neighbour = await district.member("赵强", born_on="1960-01-01", consents=("records", "boards"))
    for on in ("2026-10-13", "2026-10-14", "2026-10-15"):
        await district.it_is(f"{on} 19:00")
        await district.approve(await district.log([resident["id"], neighbour["id"]], f"{on} 08:00", "12:00"))
    await district.it_is("2026-11-06 09:00")
    certificate = await post(district.recorder, f"/members/{resident['id']}/certificates", status=201)
    desk_id = await district.desk()
    reward_id = await district.reward("肥皂", 50, desk_id=desk_id, quantity=5)
    ordered = {"member_id": resident["id"], "desk_id": desk_id, "items": [{"reward_id": reward_id, "quantity": 1}]}
    await post(district.clerk, "/reservations", ordered, status=201)

    erasure = f"/members/{resident['id']}/erasure"
    assert (await post(district.administrator, erasure, status=409))["code"] == "passbook_open"
    closing = {"reason": "家属通知: 本人去世", "donate_balance": True}
    answer = await district.recorder.post(f"/members/{resident['id']}/closing", json=closing)
    assert answer.json()["code"] == "idempotency_key_required", "points move"
    for _ in range(2):
        await post(district.recorder, f"/members/{resident['id']}/closing", closing, key="goodbye")
    lines = [(line["kind"], line["amount_points"]) for line in await district.transfers(resident)]
    assert lines[:3] == [("donation", -120), ("release", 50), ("hold", -50)]
    pool = await get(district.administrator, "/help-pool", branch_id=district.community.id)
    assert 120 in pool.values()

    await post(district.recorder, erasure, status=403)
    outside = await server.as_staff(Role.ADMINISTRATOR, branch=await server.bank.branch("泰和社区"))
    await post(outside, erasure, status=404)
    erased = await post(district.administrator, erasure)
    assert await post(district.administrator, erasure) == erased
    record = await get(district.recorder, f"/members/{resident['id']}")
    assert [record[name] for name in ("name", "phone", "phone_tail", "born_on", "card_no", "guardian")] == [
        NO_NAME, None, None, None, None, None,
    ]  # fmt: skip
    assert record["consents"] == []
    for clue in ("田福", "1234", "13800001234", "tf"):
        assert (await get(district.recorder, "/members", q=clue))["items"] == []
    assert (await get(district.clerk, "/members", q=resident["card_no"], status=409))["code"] == "card_lost"

    # What the law keeps stands: service, transfers, the certificate's check, and the board without the name.
    book = await district.passbook(resident)
    assert (book["service_minutes"], book["honour_points"], book["spendable_points"]) == (720, 120, 0)
    assert (await get(server.client(), f"/certificates/{certificate['number']}"))["state"] == "announced"
    edition: dict[str, Any] = await district.edition(board, "2026-10")
    assert ([line["display_name"] for line in edition["standings"]], edition["participants"]) == (["赵*"], 2)


async def test_a_balance_is_donated_after_closing(server: Server) -> None:
    district = await District.of(server)
    resident = await district.member("田福")
    await district.it_is("2026-10-13 19:00")
    await district.approve(await district.log([resident["id"]], "2026-10-13 08:00", "12:00"))
    await district.it_is("2026-11-06 09:00")
    closing = f"/members/{resident['id']}/closing"
    closed = await post(district.recorder, closing, {"reason": "本人要求"})
    assert (await post(district.administrator, closing, {"reason": "-"}, status=409))["code"] == "member_closed"

    wish = {"reason": "家属愿意捐出", "donate_balance": True}
    assert (await post(district.recorder, closing, wish, status=403))["code"] == "forbidden"
    outside = await server.as_staff(Role.APPROVER, branch=await server.bank.branch("泰和社区"))
    await post(outside, closing, wish, status=404)
    long = wish | {"reason": "长" * 200}
    assert (await post(district.administrator, closing, long, status=422))["fields"].keys() == {"reason"}
    assert (await district.passbook(resident))["spendable_points"] == 40

    for _ in range(2):
        assert await post(district.administrator, closing, wish, key="wish") == closed
    newest = (await district.transfers(resident))[0]
    assert (newest["kind"], newest["amount_points"]) == ("donation", -40)
    assert (await district.passbook(resident))["spendable_points"] == 0
    assert 40 in (await get(district.administrator, "/help-pool", branch_id=district.community.id)).values()
    assert (await post(district.administrator, closing, wish, status=409))["code"] == "member_closed"
