"""What the demo has to show of each thing, for whoever looks at it on a page."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from points_bank.activities.call_backs import sample_seen
from points_bank.activities.flagging import flags_for
from points_bank.activities.flags import FlagCode
from points_bank.activities.models import Activity, ActivityState, CallAnswer, Objection, Participation
from points_bank.activities.models import ParticipationState as LineState
from points_bank.activities.reading import activity_seen, lines_of
from points_bank.actor import Actor, ActorKind, Role, Task
from points_bank.certificates.reading import CertificateState, certificates_of, state_of_certificate
from points_bank.clock import Clock, day_of
from points_bank.columns import table_of
from points_bank.database import Database
from points_bank.demo.filling import fill
from points_bank.demo.neighbourhood import Examples
from points_bank.errors import DeskClosed
from points_bank.extensions.models import ExtensionOrder
from points_bank.gifts.models import Grant, GrantState
from points_bank.imports.models import ImportFile, ImportRefusal
from points_bank.members.households import household_of_member, pool_of
from points_bank.members.models import MemberMerger
from points_bank.members.proxies import proxies_of
from points_bank.members.twins import find_twins
from points_bank.messages.reading import messages_of
from points_bank.outbox import MessageKind
from points_bank.passbook.lines import passbook_lines
from points_bank.passbook.view import passbook
from points_bank.receipts.reading import receipt
from points_bank.redemptions.models import Redemption, RedemptionPayment, RedemptionState
from points_bank.redemptions.reservation import own_reservations
from points_bank.reports.models import MonthClose, ReportSignature
from points_bank.reviews.models import Review
from points_bank.rewards.desks import list_desks
from points_bank.rewards.models import SponsoredReceipt, Waiting, WaitingState, WriteOff, WriteOffState
from points_bank.rewards.opening_days import refuse_closed
from points_bank.settings import Environment, Settings
from points_bank.staff.tokens import staff_by_login
from points_bank.suspensions.in_force import suspended_until
from points_bank.suspensions.models import Suspension
from points_bank.transaction import Transaction
from points_bank.verify import differences
from tests.bank import SHANGHAI, at
from tests.demo.conftest import END, Filled

LINE, OBJECTION, REVIEW = table_of(Participation), table_of(Objection), table_of(Review)


@pytest.fixture
def examples(filled: Filled) -> Examples:
    return filled.demo.examples


@pytest.fixture
def sample(filled: Filled) -> Actor:
    member_id = filled.demo.member.id
    return Actor(ActorKind.MEMBER, member_id, member_id)


async def rows(bank: Database, table: sa.Table, **values: Any) -> list[Any]:
    """The rows of a table with these values."""
    query = sa.select(table).where(*(table.c[name] == value for name, value in values.items()))
    return list(await bank.read(lambda tx: tx.all(query)))


async def row(bank: Database, table: sa.Table, **values: Any) -> Any:
    [found] = await rows(bank, table, **values)
    return found


async def staff(bank: Database, login: str) -> Actor:
    return await bank.read(staff_by_login, login)


def test_there_is_one_of_each(examples: Examples) -> None:
    assert [name for name, value in asdict(examples).items() if not value] == []


async def test_objections_are_open_upheld_and_dismissed(demo_bank: Database, examples: Examples) -> None:
    expected = {
        examples.open_objection_line_id: (None, LineState.FROZEN),
        examples.upheld_objection_line_id: (True, LineState.REJECTED),
        examples.dismissed_objection_line_id: (False, None),
    }
    for line_id, (is_upheld, state) in expected.items():
        assert (await row(demo_bank, OBJECTION, participation_id=line_id)).is_upheld is is_upheld
        found = (await row(demo_bank, LINE, id=line_id)).state
        assert found in ({state} if state else {LineState.UNDER_NOTICE, LineState.SETTLED})


async def test_sheets_wait_for_their_approver_odd_and_ordinary(demo_bank: Database, examples: Examples) -> None:
    approver = await staff(demo_bank, "huang")

    def flags(tx: Transaction) -> dict[int, set[FlagCode]]:
        waiting = tx.all(sa.select(table_of(Activity).c.id).where(table_of(Activity).c.state == ActivityState.LOGGED))
        own = [each.id for each in waiting if approver.may(Task.APPROVE, _path_of(tx, each.id))]
        sheets = [activity_seen(tx, each, task=Task.APPROVE, by=approver) for each in own]
        found = flags_for(tx, sheets, {each: lines_of(tx, each) for each in own}, by=approver)
        return {activity_id: {flag.code for flag in several} for activity_id, several in found.items()}

    def _path_of(tx: Transaction, activity_id: int) -> str:
        by = staff_by_login(tx, "meng")
        return activity_seen(tx, activity_id, task=Task.APPROVE, by=by).branch_path

    found = await demo_bank.read(flags)
    assert found[examples.flagged_activity_id] >= {
        FlagCode.LATE_AT_NIGHT, FlagCode.EQUAL_HOURS, FlagCode.HEADCOUNT
    }  # fmt: skip
    assert set() in found.values()
    held = await rows(demo_bank, LINE, state=LineState.HELD)
    assert {each.activity_id for each in held} & found.keys()


async def test_a_sample_of_the_odd_sheet_was_called_back(demo_bank: Database, examples: Examples) -> None:
    by = await staff(demo_bank, "huang")
    called = await demo_bank.read(sample_seen, examples.flagged_activity_id, by=by)
    assert {each.answer for each in called.lines} == {*CallAnswer, None}


async def test_a_review_is_under_way_and_one_led_to_suspensions(demo_bank: Database, examples: Examples) -> None:
    assert (await row(demo_bank, REVIEW, id=examples.open_review_id)).decided_at is None
    assert (await row(demo_bank, REVIEW, id=examples.decided_review_id)).decided_at is not None
    until_on = await demo_bank.read(suspended_until, examples.suspended_member_id)
    assert until_on is not None
    assert until_on > END.date()
    appealed = await row(demo_bank, table_of(Suspension), member_id=examples.suspended_member_id)
    assert appealed.appealed_at is not None
    assert appealed.answered_at is None
    waiting = await row(demo_bank, table_of(Suspension), member_id=examples.proposed_suspension_member_id)
    assert waiting.is_approved is None


async def test_points_were_given_and_granted(demo_bank: Database, examples: Examples) -> None:
    granted = await row(demo_bank, table_of(Grant), member_id=examples.granted_member_id)
    assert granted.state is GrantState.GRANTED
    assert (await row(demo_bank, table_of(Grant), id=examples.proposed_grant_id)).state is GrantState.PROPOSED


async def test_one_twin_was_merged_and_one_is_for_a_person_to_decide(demo_bank: Database, examples: Examples) -> None:
    await row(demo_bank, table_of(MemberMerger), member_id=examples.merged_member_id)
    open_ones = await demo_bank.read(find_twins, limit=10, by=await staff(demo_bank, "su"))
    assert [each.member_id for each in open_ones] == [examples.twin_member_id]
    assert await demo_bank.read(find_twins, limit=10, by=await staff(demo_bank, "he")) == []


async def test_households_share_and_proxies_collect(demo_bank: Database, examples: Examples, sample: Actor) -> None:
    lives_in = await demo_bank.read(household_of_member, sample.id, by=sample)
    assert lives_in.id == examples.household_id
    assert len(await demo_bank.read(pool_of, lives_in.id)) >= 2
    redemptions = table_of(Redemption)
    assert (await row(demo_bank, redemptions, id=examples.pooled_redemption_id)).is_pooled
    assert len(await rows(demo_bank, table_of(RedemptionPayment), redemption_id=examples.pooled_redemption_id)) == 2
    assert (await row(demo_bank, redemptions, id=examples.proxy_redemption_id)).proxy_id is not None
    refunded = await row(demo_bank, redemptions, id=examples.refunded_redemption_id)
    assert refunded.state is RedemptionState.CANCELLED
    assert refunded.collected_at is not None


async def test_goods_are_sponsored_waited_for_and_written_off(demo_bank: Database, examples: Examples) -> None:
    assert len({each.sponsor_id for each in await rows(demo_bank, table_of(SponsoredReceipt))}) == 3
    waiting = {examples.told_waiting_id: WaitingState.TOLD, examples.open_waiting_id: WaitingState.WAITING}
    for waiting_id, state in waiting.items():
        assert (await row(demo_bank, table_of(Waiting), id=waiting_id)).state is state
    write_offs = {
        examples.confirmed_write_off_id: WriteOffState.CONFIRMED,
        examples.proposed_write_off_id: WriteOffState.PROPOSED,
    }
    for movement_id, decided in write_offs.items():
        assert (await row(demo_bank, table_of(WriteOff), movement_id=movement_id)).state is decided


async def test_what_lapsed_was_given_back_by_order(demo_bank: Database, examples: Examples) -> None:
    order = await row(demo_bank, table_of(ExtensionOrder), id=examples.extension_order_id)
    by = await staff(demo_bank, "lin")
    view = await demo_bank.read(passbook, examples.reinstated_member_id, by=by)
    assert order.new_lapses_on in {lot.lapses_on for lot in view.lots}


async def test_certificates_are_valid_announced_and_revoked(demo_bank: Database, examples: Examples) -> None:
    assert [
        await demo_bank.read(state_of_certificate, number)
        for number in (examples.certificate_no, examples.announced_certificate_no, examples.revoked_certificate_no)
    ] == [CertificateState.VALID, CertificateState.ANNOUNCED, CertificateState.REVOKED]


async def test_months_are_closed_and_signed_up_to_different_heights(demo_bank: Database) -> None:
    assert len(await rows(demo_bank, table_of(MonthClose))) == 12
    signatures = [each.close_id for each in await rows(demo_bank, table_of(ReportSignature))]
    assert sorted(signatures.count(each) for each in set(signatures)) == [3, 4]


async def test_a_file_has_rows_to_correct(demo_bank: Database) -> None:
    refused = {each.import_id for each in await rows(demo_bank, table_of(ImportRefusal))}
    assert len(refused) == 1
    assert len(await rows(demo_bank, table_of(ImportFile))) == 4


async def test_the_member_that_is_shown_has_something_on_every_page(
    demo_bank: Database, filled: Filled, sample: Actor
) -> None:
    """Spends, waits for points and loses some soon; has a reservation, messages, a certificate, receipts, a star."""
    view = await demo_bank.read(passbook, sample.id, by=sample)
    assert view.under_notice_points > 0
    assert view.spendable_points >= 100
    assert view.held_points > 0
    assert view.stars == 1
    soon_on = day_of(END, SHANGHAI) + timedelta(days=60)
    assert any(lot.lapses_on <= soon_on for lot in view.lots)
    assert len(view.lots) > 1
    assert len(await demo_bank.read(own_reservations, after_id=None, limit=10, by=sample)) == 1
    told = await demo_bank.read(messages_of, sample.id, is_unread=False, before_id=None, limit=50, by=sample)
    assert {each.read_at is None for each in told} == {True, False}
    assert {each.kind for each in told} >= {
        MessageKind.LAPSE_SOON, MessageKind.READY_TO_COLLECT, MessageKind.GIFT_RECEIVED, MessageKind.GOODS_BACK,
    }  # fmt: skip
    certificates = await demo_bank.read(certificates_of, sample.id, before_id=2**62, limit=10, by=sample)
    assert [each.state for each in certificates] == [CertificateState.VALID]
    lines = await demo_bank.read(passbook_lines, sample.id, before_id=2**62, limit=50, by=sample)
    assert (await demo_bank.read(receipt, lines[0].id, by=sample)).line.id == lines[0].id
    assert [each.is_in_force for each in await demo_bank.read(proxies_of, sample.id, by=sample)] == [True]
    assert {each.role for each in filled.demo.logins} == set(Role)


async def test_some_desks_are_open_at_any_hour_and_one_has_its_days(demo_bank: Database) -> None:
    desks = await demo_bank.read(list_desks, after_id=None, limit=10, by=await staff(demo_bank, "lin"))
    assert [each.opening is None for each in desks] == [True, True, False]
    await demo_bank.read(refuse_closed, desks[2].opening)
    demo_bank.clock.set(END + timedelta(days=1))
    with pytest.raises(DeskClosed):
        await demo_bank.read(refuse_closed, desks[2].opening)


@pytest.mark.parametrize("until", ["2026-01-01 00:00", "2028-12-30 22:00"])
async def test_on_whatever_day_it_ends_there_is_one_of_each(tmp_path: Path, until: str) -> None:
    """The first moment of a year, and the only days before which no 31 December lies."""
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'bank.db'}", environment=Environment.TEST)
    demo = await fill(settings, seed=3, until=at(until))
    assert [name for name, value in asdict(demo.examples).items() if not value] == []
    async with Database(settings, Clock(at(until))) as database:
        assert await differences(database) == []
