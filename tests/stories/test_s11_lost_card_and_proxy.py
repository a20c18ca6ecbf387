"""S11: a lost card, the wrong hands, and a proxy."""

from dataclasses import dataclass
from typing import Any

from tests.bank import Server
from tests.stories.district import Answer, District, get, post, register_file

PAPER = {
    "name": "马小军", "authorised_on": "2026-11-10", "until_on": "2026-12-31", "limit_points": 200,
    "paper_reference": "授权书 2026-17",
}  # fmt: skip


@dataclass
class Scene:
    """M's card was lost on 10 November; M has 240 points, a new card, and a son with a paper."""

    district: District
    member: Answer
    new_card_no: str
    proxy_id: int
    desk_id: int
    umbrella: int
    soap: int

    def order(self, *reward_ids: int, card_no: str, **more: Any) -> dict[str, Any]:
        items = [{"reward_id": reward_id, "quantity": 1} for reward_id in reward_ids]
        return {"desk_id": self.desk_id, "card_no": card_no, "items": items, **more}

    def by_proxy(self, *reward_ids: int) -> dict[str, Any]:
        return self.order(*reward_ids, card_no=self.new_card_no, proxy_id=self.proxy_id)

    async def told(self) -> list[str]:
        """What M is told, newest first, read on a phone."""
        pin = (await post(self.district.clerk, f"/members/{self.member['id']}/pin", status=201))["pin"]
        signing_in = {"card_no": self.new_card_no, "pin": pin}
        server = self.district.server
        phone = server.client((await post(server.client(), "/member-tokens", signing_in, status=201))["token"])
        return [message["kind"] for message in (await get(phone, "/me/messages"))["items"]]


async def lost_card(server: Server) -> Scene:
    district = await District.of(server)
    member = await district.member("马玉兰", born_on="1950-01-01")
    for day in ("2026-10-17", "2026-10-24", "2026-10-31", "2026-11-07"):
        await district.it_is(f"{day} 19:00")
        await district.approve(await district.log([member["id"]], f"{day} 08:00", "12:00"))
        await district.approve(await district.log([member["id"]], f"{day} 13:00", "15:00"))
    await district.it_is("2026-11-10 10:00")
    await post(district.clerk, f"/members/{member['id']}/card-loss")
    card = await post(district.clerk, f"/members/{member['id']}/cards", status=201)
    assert card["card_no"] != member["card_no"]
    proxy = await post(district.recorder, f"/members/{member['id']}/proxies", PAPER, status=201)
    assert (proxy["name"], proxy["is_in_force"]) == ("马小军", True)
    await district.it_is("2026-11-16 09:30")
    assert (await district.passbook(member))["spendable_points"] == 240
    desk_id = await district.desk()
    umbrella = await district.reward("雨伞", 200, desk_id=desk_id, quantity=3)
    soap = await district.reward("肥皂", 10, desk_id=desk_id, quantity=3)
    return Scene(district, member, card["card_no"], proxy["id"], desk_id, umbrella, soap)


async def test_a_lost_card_tells_nothing_of_its_member(server: Server) -> None:
    scene = await lost_card(server)
    clerk, old_card_no = scene.district.clerk, scene.member["card_no"]
    for path in ("/redemptions", "/redemptions/preview", "/reservations"):
        refusal = await post(clerk, path, scene.order(scene.umbrella, card_no=old_card_no), status=409)
        assert (refusal["code"], refusal["fields"]) == ("card_lost", {})
        assert refusal["detail"] == "This card was reported lost or was replaced."
    looked_up = (await clerk.get("/members", params={"q": old_card_no})).json()
    assert (looked_up["code"], looked_up["fields"]) == ("card_lost", {})
    # M is told once for the day, however often the card was tried.
    assert await scene.told() == ["lost_card_presented"]
    assert (await scene.district.passbook(scene.member))["spendable_points"] == 240


async def test_a_proxy_collects_one_order_up_to_the_limit(server: Server) -> None:
    scene = await lost_card(server)
    clerk, desk_id = scene.district.clerk, scene.desk_id
    too_much = await post(clerk, "/redemptions", scene.by_proxy(scene.umbrella, scene.soap), status=409)
    assert (too_much["code"], too_much["fields"]) == (
        "redemption_limit", {"limit": "proxy", "limit_quantity": 200, "used_quantity": 0, "asked_quantity": 210},
    )  # fmt: skip
    collected = await post(clerk, "/redemptions", scene.by_proxy(scene.umbrella), status=201)
    assert collected["spendable_points"] == 40
    [line] = (await get(clerk, f"/desks/{desk_id}/register"))["items"]
    assert (line["member_name"], line["proxy_name"], line["proxy_id"]) == ("马玉兰", "马小军", scene.proxy_id)
    signed = await register_file(scene.district, desk_id, "2026-11-16")
    assert [(row["Name"], row["Collected by"], row["Paid by"]) for row in signed] == [("马玉兰", "马小军", "")]
    assert await scene.told() == ["collected_by_proxy"]
    second = await post(clerk, "/redemptions", scene.by_proxy(scene.soap), status=409)
    assert second["code"] == "proxy_used"


async def test_the_name_of_a_proxy_is_erased_half_a_year_after_the_end(server: Server) -> None:
    scene = await lost_card(server)
    clerk, path = scene.district.clerk, f"/members/{scene.member['id']}/proxies"
    await post(clerk, "/redemptions", scene.by_proxy(scene.umbrella), status=201)
    await scene.district.it_is("2027-06-29 23:00")
    [kept] = (await get(clerk, path))["items"]
    assert (kept["name"], kept["is_in_force"]) == ("马小军", False)
    assert "erase" in {done.job for done in await scene.district.it_is("2027-06-30 00:00")}
    [erased] = (await get(clerk, path))["items"]
    assert (erased["name"], erased["paper_reference"]) == (None, "授权书 2026-17")
    [line] = (await get(clerk, f"/desks/{scene.desk_id}/register", on="2026-11-16"))["items"]
    assert (line["member_name"], line["proxy_name"], line["proxy_id"]) == ("马玉兰", None, scene.proxy_id)
    [signed] = await register_file(scene.district, scene.desk_id, "2026-11-16")
    assert signed["Collected by"] == "authorised person (name erased)"
