"""S7: a household pool and a child."""

from typing import Any

from tests.bank import Server
from tests.stories.district import Answer, District, get, post, register_file

SHARING = ("records", "household")


async def family(district: District) -> tuple[Answer, Answer, Answer, Answer]:
    """Father 320, mother 180, a daughter of 13 with 40, whose guardian's consent is on file; and their household."""
    father = await district.member("黄建国", consents=SHARING)
    mother = await district.member("林秀英", consents=SHARING)
    guardian = {"name": "黄建国", "consented_on": "2026-10-12"}
    daughter = await district.member("黄小玲", born_on="2013-05-01", guardian=guardian, consents=(*SHARING, "boards"))
    # 240 minutes are 40 points, 120 are 20: eight times 40, and four times 40 and once 20.
    saturdays = ["2026-10-17", "2026-10-24", "2026-10-31", "2026-11-07", "2026-11-14", "2026-11-21", "2026-11-28"]
    mornings = [(day, "12:00") for day in [*saturdays, "2026-12-05"]]
    for day, _ in mornings:
        await district.it_is(f"{day} 19:00")
        sheet = await district.log([father["id"]], f"{day} 08:00", "12:00")
        await district.approve(sheet)
        if day <= "2026-11-07":
            await district.approve(await district.log([mother["id"]], f"{day} 13:00", "17:00"))
        if day == "2026-11-14":
            await district.approve(await district.log([mother["id"]], f"{day} 13:00", "15:00"))
            await district.approve(await district.log([daughter["id"]], f"{day} 14:00", "18:00"))
    await district.it_is("2026-12-15 09:30")
    people = [father["id"], mother["id"], daughter["id"]]
    body = {"branch_id": district.community.id, "member_ids": people}
    household = await post(district.recorder, "/households", body, status=201)
    return father, mother, daughter, household


async def spendable(district: District, *members: Answer) -> list[int]:
    return [(await district.passbook(member))["spendable_points"] for member in members]


def order(member: Answer, desk_id: int, reward_id: int, **more: Any) -> dict[str, Any]:
    return {"member_id": member["id"], "desk_id": desk_id, "items": [{"reward_id": reward_id, "quantity": 1}], **more}


async def test_a_household_pays_together_and_a_child_only_when_the_guardian_says_so(server: Server) -> None:
    district = await District.of(server)
    board_id = await district.board("month")
    father, mother, daughter, household = await family(district)
    assert await spendable(district, father, mother, daughter) == [320, 180, 40]
    desk_id = await district.desk()
    rice = await district.reward("大米5公斤", 500, desk_id=desk_id, quantity=5)
    tissue = await district.reward("纸巾", 40, desk_id=desk_id, quantity=5)

    alone = await post(district.clerk, "/redemptions", order(father, desk_id, rice), status=409)
    assert (alone["code"], alone["fields"]) == ("insufficient_points", {"asked_points": 500, "spendable_points": 320})
    shares = [{"member_id": father["id"], "points": 320}, {"member_id": mother["id"], "points": 180}]
    together = order(father, desk_id, rice, pool=True)
    outlook = await post(district.clerk, "/redemptions/preview", together)
    assert (outlook["amount_points"], outlook["payers"]) == (500, shares)
    assert await spendable(district, father, mother, daughter) == [320, 180, 40]

    exchanged = await post(district.clerk, "/redemptions", together, status=201, key="rice")
    again = await post(district.clerk, "/redemptions", together, status=201, key="rice")
    assert exchanged == again
    assert (exchanged["amount_points"], exchanged["spendable_points"], exchanged["payers"]) == (500, 0, shares)
    assert await spendable(district, father, mother, daughter) == [0, 0, 40]
    for member, points in ((father, 320), (mother, 180)):
        line = (await district.transfers(member))[0]
        assert (line["kind"], line["amount_points"], line["title"]) == ("redemption", -points, "Exchanged: 大米5公斤")
    [line] = (await get(district.clerk, f"/desks/{desk_id}/register"))["items"]
    assert (line["member_id"], line["amount_points"]) == (father["id"], 500)
    assert [(each["member_id"], each["name"], each["points"]) for each in line["payers"]] == [
        (father["id"], "黄建国", 320), (mother["id"], "林秀英", 180),
    ]  # fmt: skip
    [signed] = await register_file(district, desk_id, "2026-12-15")
    assert (signed["Name"], signed["Points"], signed["Paid by"]) == ("黄建国", "500", "黄建国 320、林秀英 180")
    assert (signed["Balance after"], signed["Collected by"]) == ("0", "")

    # 300 of the household's 800 are left; the daughter's points only move with her guardian's tick for this order.
    untold = order(father, desk_id, tissue, payers=[{"member_id": daughter["id"]}])
    assert (await post(district.clerk, "/redemptions", untold, status=409))["code"] == "guardian_required"
    standings = (await get(district.administrator, f"/leaderboards/{board_id}/live"))["standings"]
    assert all("玲" not in line["display_name"] for line in standings)

    cancelled = await post(district.clerk, f"/redemptions/{exchanged['id']}/cancellation", {"reason": "拿错了"})
    assert cancelled["spendable_points"] == 320
    assert await spendable(district, father, mother, daughter) == [320, 180, 40]
    ticked = [{"member_id": daughter["id"], "guardian_agreed": True}, {"member_id": father["id"]}]
    outlook = await post(district.clerk, "/redemptions/preview", order(father, desk_id, tissue, payers=ticked))
    assert outlook["payers"] == [{"member_id": daughter["id"], "points": 40}]

    # On separation the pool ends, and each keeps what is theirs.
    path = f"/households/{household['id']}/members/{mother['id']}"
    assert (await district.recorder.delete(path)).status_code == 204
    separated = await post(district.clerk, "/redemptions", together, status=409)
    assert (separated["code"], separated["fields"]) == (
        "insufficient_points", {"asked_points": 500, "spendable_points": 320},
    )  # fmt: skip
    assert await spendable(district, father, mother, daughter) == [320, 180, 40]


async def test_the_month_of_a_household_has_800_points(server: Server) -> None:
    district = await District.of(server)
    father, mother, daughter, _ = await family(district)
    desk_id = await district.desk()
    rice = await district.reward("大米5公斤", 500, desk_id=desk_id, quantity=5)
    oil = await district.reward("食用油", 310, desk_id=desk_id, quantity=5)
    await post(district.clerk, "/redemptions", order(father, desk_id, rice, pool=True), status=201)
    refusal = await post(district.clerk, "/redemptions/preview", order(mother, desk_id, oil), status=409)
    assert refusal["code"] == "below_redemption_minimum"
    # Whatever anybody of the household asks for, alone or together: the household has 300 points left.
    book = await district.passbook(daughter)
    assert book["spendable_points"] == 40
    used = [{"member_id": daughter["id"], "guardian_agreed": True}]
    refusal = await post(district.clerk, "/redemptions/preview", order(father, desk_id, oil, payers=used), status=409)
    assert refusal["code"] == "below_redemption_minimum"


async def test_consent_to_share_is_withdrawn_as_easily_as_it_was_given(server: Server) -> None:
    district = await District.of(server)
    father, mother, _, _ = await family(district)
    desk_id = await district.desk()
    rice = await district.reward("大米5公斤", 500, desk_id=desk_id, quantity=5)
    assert (await district.recorder.delete(f"/members/{mother['id']}/consents/household")).status_code == 204
    named = order(father, desk_id, rice, payers=[{"member_id": father["id"]}, {"member_id": mother["id"]}])
    assert (await post(district.clerk, "/redemptions", named, status=409))["code"] == "not_pooled"
    assert (await district.recorder.put(f"/members/{mother['id']}/consents/household")).status_code == 200
    assert (await post(district.clerk, "/redemptions", named, status=201))["amount_points"] == 500
