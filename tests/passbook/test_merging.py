"""Two passbooks of one person: found as possible twins, and made one by a person who decides it."""

from datetime import date
from typing import Any

import pytest

from points_bank.activities.logbook import log_activity
from points_bank.activities.sheet import Sheet, SheetLine
from points_bank.actor import SYSTEM, Role, Task
from points_bank.errors import CardLost, Forbidden, Invalid, MemberClosed, MergerPending, NotFound, OwnActivity
from points_bank.ledger.accounts import account_of, spendable_points
from points_bank.ledger.posting import Award, award
from points_bank.ledger.reversal import reverse
from points_bank.members.cards import issue_card, report_loss
from points_bank.members.finding import member_by_card
from points_bank.members.register import Registered, register_member
from points_bank.members.several import holders_of
from points_bank.members.twins import PossibleTwins, Twin, find_twins
from points_bank.passbook.lines import passbook_lines, title_of
from points_bank.passbook.merging import Merged, merge_passbooks
from points_bank.passbook.view import passbook
from points_bank.rules.rule_set import ServiceRole
from tests.bank import Bank, at

BORN = date(1950, 1, 2)
LATER = date(2027, 12, 31)


async def member(bank: Bank, name: str = "张伟", **more: Any) -> Registered:
    details = {"branch_id": bank.district.id, **more}
    return await bank.database.write(register_member, name=name, **details, by=SYSTEM)


def points(bank: Bank, who: Registered, amount: int, lapses_on: date = LATER) -> Award:
    return Award(
        member_id=who.id, branch_id=bank.district.id, points=amount, minutes=0, occurred_on=date(2026, 1, 1),
        lapses_on=lapses_on, reference=f"test:{who.id}:{lapses_on}", activities=0,
    )  # fmt: skip


async def earn(bank: Bank, who: Registered, amount: int, lapses_on: date = LATER) -> int:
    ids = await bank.database.write(award, [points(bank, who, amount, lapses_on)], grace_days=30)
    return next(iter(ids.values()))


async def merge(bank: Bank, old: Registered, into: Registered, **more: Any) -> Merged:
    return await bank.database.write(
        merge_passbooks, old.id, into_member_id=into.id, reason="登记了两次", by=more.get("by", SYSTEM)
    )


async def test_who_shares_name_and_birth_or_a_phone_may_be_a_twin(bank: Bank) -> None:
    first = await member(bank, born_on=BORN, phone="13812341234")
    second = await member(bank, born_on=BORN)
    third = await member(bank, "张小伟", phone="13812341234")
    await member(bank)
    await member(bank, born_on=date(1950, 1, 3))
    expected = [
        PossibleTwins(second.id, "张伟", bank.district.id, [Twin(first.id, True, False)]),
        PossibleTwins(third.id, "张小伟", bank.district.id, [Twin(first.id, False, True)]),
    ]
    assert await bank.database.read(find_twins, limit=50, by=SYSTEM) == expected
    assert await bank.database.read(find_twins, limit=1, by=SYSTEM) == expected
    assert await bank.database.read(find_twins, after=second.id, limit=50, by=SYSTEM) == expected[1:]
    await merge(bank, second, first)
    assert await bank.database.read(find_twins, limit=50, by=SYSTEM) == expected[1:]


async def test_twins_of_other_branches_are_not_told(bank: Bank) -> None:
    here, there = await bank.branch(), await bank.branch("银宇")
    for branch in (here, there):
        await member(bank, born_on=BORN, branch_id=branch.id)
    recorder = await bank.staff(Role.RECORDER, branch=there)
    assert await bank.database.read(find_twins, limit=50, by=recorder) == []
    assert len(await bank.database.read(find_twins, limit=50, by=SYSTEM)) == 1
    with pytest.raises(NotFound):
        await bank.database.read(find_twins, branch_id=here.id, limit=50, by=recorder)


async def test_points_keep_their_dates_and_totals_are_shown_together(bank: Bank) -> None:
    old, into = await member(bank), await member(bank)
    await earn(bank, old, 40, date(2026, 12, 31))
    await earn(bank, old, 60)
    await earn(bank, into, 5)
    assert (await merge(bank, old, into)).transfer_id is not None
    book = await bank.database.read(passbook, into.id, by=SYSTEM)
    assert [(lot.lapses_on.year, lot.remaining_points) for lot in book.lots] == [(2026, 40), (2027, 65)]
    assert (book.spendable_points, book.honour_points) == (105, 105)
    assert (await bank.database.read(account_of, old.id)).balance_points == 0
    third = await member(bank)
    await merge(bank, into, third)
    assert (await bank.database.read(passbook, third.id, by=SYSTEM)).honour_points == 105


async def test_a_deficit_is_the_persons_too(bank: Bank) -> None:
    old, into = await member(bank), await member(bank)
    awarded = await earn(bank, old, 30, date(2026, 10, 31))
    bank.clock.set(at("2026-11-02 09:00"))
    await bank.database.write(reverse, points(bank, old, 30), of=[awarded], floor_points=-200)
    await earn(bank, into, 10)
    await merge(bank, old, into)
    assert await bank.database.read(spendable_points, into.id) == -20
    assert (await bank.database.read(account_of, old.id)).balance_points == 0


async def test_the_old_card_leads_to_the_new_passbook(bank: Bank) -> None:
    old, into = await member(bank), await member(bank)
    await merge(bank, old, into)
    for card_no in (old.card_no, into.card_no):
        found = await bank.database.write(member_by_card, card_no, task=Task.SERVE, by=SYSTEM)
        assert found.id == into.id
        assert [each.member_id for each in (await bank.database.read(holders_of, [card_no])).values()] == [into.id]
    without, lost = await member(bank), await member(bank)
    await bank.database.write(report_loss, lost.id, by=SYSTEM)
    await merge(bank, without, lost)
    found = await bank.database.write(member_by_card, without.card_no, task=Task.SERVE, by=SYSTEM)
    assert found.id == lost.id


async def test_the_old_card_ends_with_the_one_beside_it(bank: Bank) -> None:
    old, into, lost = [await member(bank) for _ in range(3)]
    await bank.database.write(report_loss, lost.id, by=SYSTEM)
    await bank.database.write(issue_card, lost.id, by=SYSTEM)
    bank.clock.set(at("2026-11-02 09:00"))
    await merge(bank, old, into)
    await merge(bank, lost, into)
    bank.clock.set(at("2026-11-03 09:00"))
    new = await bank.database.write(issue_card, into.id, by=SYSTEM)
    for card_no in (old.card_no, into.card_no, lost.card_no):
        with pytest.raises(CardLost):
            await bank.database.write(member_by_card, card_no, task=Task.SERVE, by=SYSTEM)
    found = await bank.database.write(member_by_card, new.card_no, task=Task.SERVE, by=SYSTEM)
    assert found.id == into.id


async def test_each_side_of_a_merger_reads_its_own_way(bank: Bank) -> None:
    old, into = await member(bank), await member(bank)
    await earn(bank, old, 240)
    await merge(bank, old, into)
    titles = []
    for each in (old, into):
        [line, *_] = await bank.database.read(passbook_lines, each.id, before_id=None, limit=5, by=SYSTEM)
        titles.append((line.amount_points, title_of(line)))
    assert titles == [(-240, "To the same person's other passbook"), (240, "From the same person's other passbook")]


async def test_service_under_way_settles_first(bank: Bank) -> None:
    old, into = await member(bank), await member(bank)
    sheet = Sheet(
        branch_id=bank.district.id, role=ServiceRole.SERVICE, title="清洁", started_at=at("2026-10-11 08:00"),
        ended_at=at("2026-10-11 09:00"), lines=[SheetLine(member_id=old.id)],
    )  # fmt: skip
    await bank.database.write(log_activity, sheet, by=await bank.staff(Role.RECORDER))
    with pytest.raises(MergerPending):
        await merge(bank, old, into)


async def test_what_cannot_be_merged_is_refused_and_nothing_moves(bank: Bank) -> None:
    here = await bank.branch()
    old, into = await member(bank, branch_id=here.id), await member(bank, branch_id=here.id)
    elsewhere = await member(bank)
    await earn(bank, old, 7)
    approver = await bank.staff(Role.APPROVER, branch=here)
    with pytest.raises(Invalid):
        await merge(bank, old, old)
    with pytest.raises(NotFound):
        await merge(bank, old, elsewhere, by=approver)
    with pytest.raises(Forbidden):
        await merge(bank, old, into, by=await bank.staff(Role.RECORDER, branch=here))
    with pytest.raises(OwnActivity):
        await merge(bank, old, into, by=await bank.staff(Role.APPROVER, member_id=old.id))
    assert (await bank.database.read(account_of, old.id)).balance_points == 7
    await merge(bank, old, into, by=approver)
    for pair in ((old, into), (into, old)):
        with pytest.raises(MemberClosed):
            await merge(bank, *pair)
