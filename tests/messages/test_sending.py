"""The outbox handed to a sender: at least once, to one at a time, and never when it is read or stale."""

import pytest

from points_bank.actor import SYSTEM, Role
from points_bank.errors import Forbidden
from points_bank.messages.reading import messages_of, read_message
from points_bank.messages.sending import PendingMessage, claim_messages, pending_messages, report_sent
from points_bank.outbox import MessageKind, tell
from tests.bank import Bank, at
from tests.members.conftest import Estates, estates_of, own


@pytest.fixture
async def estates(bank: Bank) -> Estates:
    return await estates_of(bank)


async def told(estates: Estates, count: int) -> int:
    """A new member with a phone who was told something so many times; their id."""
    member = await estates.member(phone="13800001234")
    for number in range(count):
        await estates.write(tell, member_id=member.id, kind=MessageKind.SUSPENSION_ENDED, about=f"suspension:{number}")
    return int(member.id)


async def claim(estates: Estates, limit: int = 100) -> list[PendingMessage]:
    found: list[PendingMessage] = await estates.write(claim_messages, limit=limit, minutes=10, by=SYSTEM)
    return found


async def test_what_is_claimed_is_nobody_elses_until_its_time_is_over(estates: Estates) -> None:
    await told(estates, 3)
    first = await claim(estates, 2)
    assert [(each.id, each.phone) for each in first] == [(1, "13800001234"), (2, "13800001234")]
    assert [each.id for each in await claim(estates)] == [3]
    assert await claim(estates) == []
    assert await estates.write(report_sent, [1], channel="sms", by=SYSTEM) == 1
    estates.bank.clock.set(at("2026-10-12 09:15"))
    assert [each.id for each in await claim(estates)] == [2, 3], "sent but not reported is sent again"


async def test_reporting_twice_changes_nothing(estates: Estates) -> None:
    await told(estates, 1)
    assert await estates.write(report_sent, [1, 999], channel="sms", by=SYSTEM) == 1
    assert await estates.write(report_sent, [1], channel="letter", by=SYSTEM) == 0
    assert await claim(estates) == []


async def test_who_only_looks_is_told_no_phone_and_claims_nothing(estates: Estates) -> None:
    await told(estates, 1)
    for _ in range(2):
        (found,) = await estates.read(pending_messages, limit=10, by=SYSTEM)
        assert (found.id, found.phone) == (1, None)


async def test_what_was_read_or_is_a_month_old_is_not_sent(estates: Estates) -> None:
    member_id = await told(estates, 2)
    await estates.write(read_message, 1, by=own(member_id))
    assert [each.id for each in await estates.read(pending_messages, limit=10, by=SYSTEM)] == [2]
    estates.bank.clock.set(at("2026-11-12 09:00"))
    assert await estates.read(pending_messages, limit=10, by=SYSTEM) == []
    kept = await estates.read(messages_of, member_id, is_unread=False, before_id=None, limit=10, by=own(member_id))
    assert len(kept) == 2


async def test_only_the_bank_itself_hands_messages_out(estates: Estates) -> None:
    administrator = await estates.bank.staff(Role.ADMINISTRATOR)
    for act, values in (
        (pending_messages, {"limit": 1}),
        (claim_messages, {"limit": 1, "minutes": 1}),
    ):
        with pytest.raises(Forbidden):
            await estates.write(act, **values, by=administrator)
    with pytest.raises(Forbidden):
        await estates.write(report_sent, [1], channel="sms", by=administrator)
