"""Messages: told in the act's own commit, once; read by their member, and by staff for who has no phone."""

import pytest

from points_bank.actor import Role
from points_bank.errors import NotFound
from points_bank.i18n import Language
from points_bank.messages.reading import MessageLine, messages_of, read_message
from points_bank.outbox import SENTENCES, MessageKind, News, sentence_of, tell, tell_each
from points_bank.transaction import Transaction
from tests.bank import Bank, Server
from tests.members.conftest import Estates, estates_of, own
from tests.stories.district import District, get, post

SUSPENDED = {"kind": MessageKind.SUSPENDED, "about": "suspension:1"}


@pytest.fixture
async def estates(bank: Bank) -> Estates:
    return await estates_of(bank)


async def lines(estates: Estates, member_id: int, *, is_unread: bool = False) -> list[MessageLine]:
    found: list[MessageLine] = await estates.read(
        messages_of, member_id, is_unread=is_unread, before_id=None, limit=50, by=own(member_id)
    )
    return found


async def test_what_is_told_with_the_same_mark_is_told_once(estates: Estates) -> None:
    member = await estates.member()
    await estates.write(tell, member_id=member.id, **SUSPENDED, once="a")
    await estates.write(tell, member_id=member.id, **SUSPENDED, once="a")
    await estates.write(tell, member_id=member.id, **SUSPENDED)
    await estates.write(tell, member_id=member.id, **SUSPENDED)
    assert len(await lines(estates, member.id)) == 3
    again = [News(member.id, MessageKind.SUSPENDED, "suspension:1", {}, once=once) for once in ("a", "b", "b")]
    assert await estates.write(tell_each, again) == 1


async def test_what_is_refused_tells_nothing(estates: Estates) -> None:
    member = await estates.member()

    def tell_and_refuse(tx: Transaction) -> None:
        tell(tx, member_id=member.id, kind=MessageKind.SUSPENDED, about="suspension:1")
        raise NotFound

    with pytest.raises(NotFound):
        await estates.write(tell_and_refuse)
    assert await lines(estates, member.id) == []


async def test_a_figure_that_the_sentence_needs_cannot_be_forgotten(estates: Estates) -> None:
    member = await estates.member()
    with pytest.raises(KeyError):
        await estates.write(tell, member_id=member.id, kind=MessageKind.GOODS_BACK, about="reward:1")


async def test_reading_keeps_when_it_was_read_first(estates: Estates) -> None:
    member, other = await estates.member(), await estates.member("李明")
    await estates.write(tell, member_id=member.id, **SUSPENDED)
    (line,) = await lines(estates, member.id)
    with pytest.raises(NotFound):
        await estates.write(read_message, line.id, by=own(other.id))
    first = await estates.write(read_message, line.id, by=own(member.id))
    assert await estates.write(read_message, line.id, by=own(member.id)) == first
    assert await lines(estates, member.id, is_unread=True) == []
    assert [each.read_at for each in await lines(estates, member.id)] == [first.read_at]


def test_every_kind_has_its_sentence() -> None:
    assert SENTENCES.keys() == set(MessageKind)
    figures: dict[str, int | str] = {"points": 20, "days": 15, "lapses_on": "2026-12-31"}
    assert sentence_of(MessageKind.LAPSE_SOON, figures, Language.CHINESE) == (
        "您有 20 分即将到期，最后可用日期是 2026-12-31。"
    )


async def test_a_member_and_the_branch_read_the_same_over_http(server: Server) -> None:
    district = await District.of(server)
    member = await district.member("陈大文")
    for number in range(3):
        await server.bank.database.write(
            tell, member_id=member["id"], kind=MessageKind.GOODS_BACK, about=f"reward:{number}",
            figures={"reward": f"雨伞{number}", "desk": "凤岭兑换点"},
        )  # fmt: skip
    pin = (await post(district.clerk, f"/members/{member['id']}/pin", status=201))["pin"]
    answer = await post(server.client(), "/member-tokens", {"card_no": member["card_no"], "pin": pin}, status=201)
    phone = server.client(answer["token"], language="zh")
    newest = await get(phone, "/me/messages", limit=2)
    assert [each["text"] for each in newest["items"]] == ["凤岭兑换点的雨伞2又有了。", "凤岭兑换点的雨伞1又有了。"]
    assert newest["items"][0].keys() == {"id", "kind", "text", "about", "figures", "told_at", "read_at"}
    rest = await get(phone, "/me/messages", limit=2, cursor=newest["next_cursor"])
    assert ([each["about"] for each in rest["items"]], rest["next_cursor"]) == (["reward:0"], None)

    read = await post(phone, f"/me/messages/{newest['items'][0]['id']}/reading")
    assert read["read_at"]
    assert len((await get(phone, "/me/messages", unread=True))["items"]) == 2
    aloud = await get(district.clerk, f"/members/{member['id']}/messages")
    assert aloud["items"][0]["text"] == "雨伞2 is there again at 凤岭兑换点."
    outside = await server.as_staff(Role.CLERK, branch=await server.bank.branch("泰和社区"))
    await get(outside, f"/members/{member['id']}/messages", status=404)
    await get(outside, "/members", q=member["card_no"])
    await get(outside, f"/members/{member['id']}/passbook")
    await get(outside, f"/members/{member['id']}/messages", status=404)
    await post(phone, "/me/messages/999/reading", status=404)
    await get(district.clerk, "/me/messages", status=403)
