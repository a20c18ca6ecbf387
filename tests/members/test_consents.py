"""Giving consent and withdrawing it."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Role
from points_bank.columns import table_of
from points_bank.errors import Forbidden, MemberClosed, NotFound
from points_bank.members.changes import close_member
from points_bank.members.consents import GivenConsent, give_consent, withdraw_consent
from points_bank.members.models import Consent, Purpose
from points_bank.transaction import Transaction
from tests.bank import at
from tests.members.conftest import Estates, own

CONSENT = table_of(Consent)


def history(tx: Transaction) -> list[tuple[Any, ...]]:
    rows = tx.all(sa.select(CONSENT.c.purpose, CONSENT.c.given_at, CONSENT.c.withdrawn_at).order_by(CONSENT.c.id))
    return [tuple(row) for row in rows]


async def test_a_consent_is_dated_and_given_again_stays_as_it_was(estates: Estates) -> None:
    member = await estates.member()
    given = await estates.write(give_consent, member.id, Purpose.BOARDS, by=estates.recorder)
    assert given == GivenConsent(Purpose.BOARDS, given.given_at)
    note = (estates.recorder.name, "give_consent", f"member:{member.id}", ["boards"])
    assert await estates.last_note() == note
    estates.bank.clock.set(at("2026-10-13 09:00"))
    assert await estates.write(give_consent, member.id, Purpose.BOARDS, by=own(member.id)) == given


async def test_a_withdrawn_consent_stays_in_the_books_with_both_dates(estates: Estates) -> None:
    member = await estates.member(consents=[Purpose.BOARDS])
    estates.bank.clock.set(at("2026-12-08 10:00"))
    for _ in range(2):
        await estates.write(withdraw_consent, member.id, Purpose.BOARDS, by=estates.recorder)
    note = (estates.recorder.name, "withdraw_consent", f"member:{member.id}", ["boards"])
    assert await estates.last_note() == note
    [(purpose, given_at, withdrawn_at)] = await estates.read(history)
    assert (purpose, given_at) == (Purpose.BOARDS, member.registered_at)
    assert withdrawn_at.replace(microsecond=0) == at("2026-12-08 10:00")
    again = await estates.write(give_consent, member.id, Purpose.BOARDS, by=estates.recorder)
    assert [row[1:] for row in await estates.read(history)] == [(given_at, withdrawn_at), (again.given_at, None)]


async def test_a_member_decides_for_themselves(estates: Estates) -> None:
    member, neighbour = await estates.member(), await estates.member("李娜")
    await estates.write(give_consent, member.id, Purpose.PHOTO, by=own(member.id))
    await estates.write(withdraw_consent, member.id, Purpose.PHOTO, by=own(member.id))
    for act in (give_consent, withdraw_consent):
        with pytest.raises(NotFound):
            await estates.write(act, neighbour.id, Purpose.PHOTO, by=own(member.id))
    assert len(await estates.read(history)) == 1


@pytest.mark.racing
async def test_sixteen_at_once_are_one_consent(estates: Estates) -> None:
    member = await estates.member()
    given = await asyncio.gather(
        *(estates.write(give_consent, member.id, Purpose.RECORDS, by=estates.recorder) for _ in range(16))
    )
    assert len(set(given)) == 1
    assert len(await estates.read(history)) == 1


async def test_withdrawing_is_possible_after_closing_and_giving_is_not(estates: Estates) -> None:
    member = await estates.member(consents=[Purpose.BOARDS])
    await estates.write(close_member, member.id, reason="迁出", by=SYSTEM)
    await estates.write(withdraw_consent, member.id, Purpose.BOARDS, by=estates.recorder)
    with pytest.raises(MemberClosed):
        await estates.write(give_consent, member.id, Purpose.BOARDS, by=estates.recorder)


@pytest.mark.parametrize("role", [Role.CLERK, Role.STOCK_KEEPER, Role.OVERSEER])
async def test_who_does_not_keep_members_changes_no_consent(estates: Estates, role: Role) -> None:
    member, stranger = await estates.member(), await estates.member(branch=estates.other)
    by = await estates.bank.staff(role, branch=estates.home)
    for act in (give_consent, withdraw_consent):
        with pytest.raises(Forbidden):
            await estates.write(act, member.id, Purpose.BOARDS, by=by)
        with pytest.raises(NotFound):
            await estates.write(act, stranger.id, Purpose.BOARDS, by=by)
    assert await estates.read(history) == []
