"""Changing a record, and closing a passbook."""

from datetime import date
from typing import Any

import pytest

from points_bank.actor import SYSTEM, Role
from points_bank.errors import Forbidden, Invalid, MemberClosed, NotFound
from points_bank.members.changes import change_member, close_member
from points_bank.members.details import Details, Guardian
from points_bank.members.record import member_record
from points_bank.members.search import find_members
from points_bank.staff.tokens import actor_of_token, hash_of, issue_member_token, new_token
from tests.bank import FAR
from tests.members.conftest import Estates, own


async def test_what_is_given_changes_and_the_rest_stays(estates: Estates) -> None:
    member = await estates.member(phone="13812341234", born_on=date(1958, 5, 1))
    details = Details(name="曾伟", phone="13900005678")
    assert (await estates.write(change_member, member.id, details, by=estates.recorder)).id == member.id
    changed = await estates.read(member_record, member.id, by=estates.recorder)
    assert (changed.name, changed.phone, changed.phone_tail) == ("曾伟", "139****5678", "5678")
    assert changed.born_on == date(1958, 5, 1)
    assert await estates.last_note() == (
        estates.recorder.name,
        "change_member",
        f"member:{member.id}",
        ["name", "phone"],
    )
    for text, found in {"zw": 1, "13900005678": 1, "13812341234": 0, "5678": 1, "1234": 0}.items():
        assert len(await estates.read(find_members, text=text, limit=9, by=estates.recorder)) == found


async def test_none_takes_away(estates: Estates) -> None:
    guardian = Guardian("张父", date(2026, 10, 1))
    member = await estates.member(phone="13812341234", born_on=date(2013, 3, 1), guardian=guardian)
    details = Details(phone=None, born_on=None, guardian=None)
    await estates.write(change_member, member.id, details, by=estates.recorder)
    changed = await estates.read(member_record, member.id, by=estates.recorder)
    assert (changed.phone, changed.phone_tail, changed.born_on, changed.guardian) == (None, None, None, None)


async def test_nothing_given_changes_nothing(estates: Estates) -> None:
    member = await estates.member()
    before = await estates.last_note()
    await estates.write(change_member, member.id, Details(), by=estates.recorder)
    assert await estates.last_note() == before


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"name": " "}, "name"),
        ({"phone": "12"}, "phone"),
        ({"born_on": date(2027, 1, 1)}, "born_on"),
        ({"guardian": Guardian("张父", date(2013, 2, 28))}, "guardian.consented_on"),
    ],
)
async def test_details_that_cannot_be_change_nothing(estates: Estates, details: Any, field: str) -> None:
    member = await estates.member(phone="13812341234", born_on=date(2013, 3, 1))
    before = await estates.read(member_record, member.id, by=estates.recorder)
    with pytest.raises(Invalid) as refusal:
        await estates.write(change_member, member.id, {"is_party_member": True} | details, by=estates.recorder)
    assert list(refusal.value.fields) == [field]
    assert await estates.read(member_record, member.id, by=estates.recorder) == before


async def test_who_may_not_change_a_member(estates: Estates) -> None:
    member, stranger = await estates.member(), await estates.member(branch=estates.other)
    overseer = await estates.bank.staff(Role.OVERSEER)
    for by in (estates.clerk, overseer, own(member.id)):
        with pytest.raises(Forbidden):
            await estates.write(change_member, member.id, Details(name="李"), by=by)
        with pytest.raises(Forbidden):
            await estates.write(close_member, member.id, reason="迁出", by=by)
    for member_id in (stranger.id, 999):
        with pytest.raises(NotFound):
            await estates.write(change_member, member_id, Details(name="李"), by=estates.recorder)
        with pytest.raises(NotFound):
            await estates.write(close_member, member_id, reason="迁出", by=estates.recorder)


async def test_a_closed_passbook_changes_no_more_and_its_tokens_end(estates: Estates) -> None:
    member, token = await estates.member(), hash_of(new_token())
    await estates.write(issue_member_token, member_id=member.id, token_hash=token, expires_at=FAR, by=SYSTEM)
    assert await estates.read(actor_of_token, token) == own(member.id)
    closed = await estates.write(close_member, member.id, reason="本人去世", by=estates.recorder)
    assert await estates.last_note() == (estates.recorder.name, "close_member", f"member:{member.id}", [])
    assert await estates.read(actor_of_token, token) is None
    record = await estates.read(member_record, member.id, by=estates.recorder)
    assert (record.closed_at, record.name) == (closed.closed_at, "张伟")
    with pytest.raises(MemberClosed):
        await estates.write(change_member, member.id, Details(name="李"), by=estates.recorder)
    with pytest.raises(MemberClosed):
        await estates.write(close_member, member.id, reason="本人去世", by=estates.recorder)


async def test_closing_needs_a_reason(estates: Estates) -> None:
    member = await estates.member()
    with pytest.raises(Invalid):
        await estates.write(close_member, member.id, reason="  ", by=estates.recorder)
    assert (await estates.read(member_record, member.id, by=estates.recorder)).closed_at is None
