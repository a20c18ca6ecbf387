"""New cards and lost ones."""

import asyncio

import pytest
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Role, Task
from points_bank.columns import table_of
from points_bank.errors import CardLost, Forbidden, MemberClosed, NotFound
from points_bank.members.cards import issue_card, report_loss
from points_bank.members.changes import close_member
from points_bank.members.finding import member_by_card
from points_bank.members.models import Card
from points_bank.transaction import Transaction
from tests.bank import at
from tests.members.conftest import Estates

CARD = table_of(Card)


def states(tx: Transaction) -> list[str]:
    return [row.state.value for row in tx.all(sa.select(CARD.c.state).order_by(CARD.c.id))]


async def test_a_new_card_replaces_the_active_one(estates: Estates) -> None:
    first = await estates.member()
    second = await estates.write(issue_card, first.id, by=estates.clerk)
    assert second.card_no != first.card_no
    assert await estates.read(states) == ["replaced", "active"]
    found = await estates.write(member_by_card, second.card_no, task=Task.SERVE, by=estates.clerk)
    assert found.id == first.id
    with pytest.raises(CardLost):
        await estates.write(member_by_card, first.card_no, task=Task.SERVE, by=estates.clerk)


async def test_a_lost_card_is_refused_and_its_showing_is_remembered(estates: Estates) -> None:
    member = await estates.member()
    lost = await estates.write(report_loss, member.id, by=estates.clerk)
    assert (lost.id, lost.card_no) == (1, member.card_no)
    with pytest.raises(CardLost) as refusal:
        await estates.write(member_by_card, member.card_no, task=Task.SERVE, by=estates.clerk)
    assert refusal.value.fields == {}
    note = (estates.clerk.name, "show_ended_card", f"member:{member.id}", [f"card:{lost.id}"])
    assert await estates.last_note() == note


async def test_a_loss_reported_again_stays_as_it_was(estates: Estates) -> None:
    member = await estates.member()
    first = await estates.write(report_loss, member.id, by=estates.clerk)
    estates.bank.clock.set(at("2026-10-13 09:00"))
    assert await estates.write(report_loss, member.id, by=estates.recorder) == first


async def test_after_a_loss_there_is_a_new_card(estates: Estates) -> None:
    member = await estates.member()
    await estates.write(report_loss, member.id, by=estates.clerk)
    card = await estates.write(issue_card, member.id, by=estates.clerk)
    assert await estates.read(states) == ["lost", "active"]
    assert (await estates.write(member_by_card, card.card_no, task=Task.SERVE, by=estates.clerk)).id == member.id


@pytest.mark.racing
async def test_sixteen_cards_at_once_leave_one_active(estates: Estates) -> None:
    member = await estates.member()
    cards = await asyncio.gather(*(estates.write(issue_card, member.id, by=estates.clerk) for _ in range(16)))
    assert len({card.card_no for card in cards}) == 16
    assert sorted(await estates.read(states)) == ["active"] + ["replaced"] * 16


async def test_a_closed_passbook_gets_no_card(estates: Estates) -> None:
    member = await estates.member()
    await estates.write(close_member, member.id, reason="迁出", by=SYSTEM)
    for act in (issue_card, report_loss):
        with pytest.raises(MemberClosed):
            await estates.write(act, member.id, by=estates.clerk)
    assert await estates.read(states) == ["active"]


@pytest.mark.parametrize("role", [Role.STOCK_KEEPER, Role.OVERSEER])
async def test_who_does_not_issue_cards_changes_none(estates: Estates, role: Role) -> None:
    member = await estates.member()
    by = await estates.bank.staff(role, branch=estates.home)
    for act in (issue_card, report_loss):
        with pytest.raises(Forbidden):
            await estates.write(act, member.id, by=by)
    assert await estates.read(states) == ["active"]


async def test_a_member_of_another_branch_is_not_found(estates: Estates) -> None:
    member = await estates.member(branch=estates.other)
    await estates.write(member_by_card, member.card_no, task=Task.SERVE, by=estates.clerk)
    for act in (issue_card, report_loss):
        with pytest.raises(NotFound):
            await estates.write(act, member.id, by=estates.clerk)
        with pytest.raises(NotFound):
            await estates.write(act, 999, by=estates.clerk)
    assert await estates.read(states) == ["active"]
