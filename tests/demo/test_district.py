"""What the filled demo has to show on the day on which it is made."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from points_bank.activities.models import (
    Activity,
    ActivityState,
    Correction,
    Participation,
    ParticipationState,
)
from points_bank.actor import Role
from points_bank.clock import day_of
from points_bank.columns import table_of
from points_bank.database import Database
from points_bank.demo.beginnings import PAST_SESSIONS
from points_bank.demo.plan import read_plan, read_words
from points_bank.leaderboards.models import Edition, EditionState
from points_bank.ledger.accounts import ACCOUNT, spendable_points
from points_bank.ledger.models import Transfer, TransferKind
from points_bank.members.models import Card, CardState, Consent, Home, Member
from points_bank.members.pins import secret_of
from points_bank.members.signing_in import find_pin
from points_bank.redemptions.models import Redemption, RedemptionItem, RedemptionState
from points_bank.rewards.models import Stock
from points_bank.scheduler import dues
from points_bank.staff.passwords import is_password
from points_bank.staff.signing_in import find_credentials
from points_bank.transaction import Transaction
from tests.bank import SHANGHAI
from tests.demo.conftest import END, Filled

ACTIVITY, LINE, CORRECTION = table_of(Activity), table_of(Participation), table_of(Correction)
MEMBER, CARD, CONSENT, HOME = table_of(Member), table_of(Card), table_of(Consent), table_of(Home)
REDEMPTION, ITEM, STOCK = table_of(Redemption), table_of(RedemptionItem), table_of(Stock)
EDITION, TRANSFER = table_of(Edition), table_of(Transfer)

SIZES = read_plan().sizes
TODAY = day_of(END, SHANGHAI)


async def count(bank: Database, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
    def counted(tx: Transaction) -> Any:
        return tx.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions))

    return int(await bank.read(counted))


async def total(bank: Database, column: sa.ColumnElement[int]) -> int:
    def summed(tx: Transaction) -> Any:
        return tx.scalar(sa.select(sa.func.sum(column)))

    return int(await bank.read(summed))


def test_its_figures_are_those_of_the_small_district(filled: Filled) -> None:
    figures = filled.demo.figures
    assert figures.members == SIZES.members == 120
    assert figures.activities == SIZES.activities + PAST_SESSIONS == 66
    assert figures.redemptions == SIZES.redemptions == 40
    assert 450 <= figures.participations <= 550
    assert 7_500 <= figures.settled_points <= 10_000
    assert figures.editions > 4 * 11 + 50


async def test_people_are_of_all_ages_and_only_twins_have_the_same_name(demo_bank: Database) -> None:
    assert await count(demo_bank, MEMBER, MEMBER.c.is_party_member) == SIZES.party_members
    assert await count(demo_bank, MEMBER, MEMBER.c.born_on <= date(TODAY.year - 60, TODAY.month, TODAY.day)) == 60
    assert await count(demo_bank, MEMBER, MEMBER.c.phone.is_(None)) > 20
    children = MEMBER.c.born_on > date(TODAY.year - 18, TODAY.month, TODAY.day)
    assert await count(demo_bank, MEMBER, children) == SIZES.under_18
    assert await count(demo_bank, MEMBER, children, MEMBER.c.guardian_name.is_not(None)) == SIZES.under_18 // 2

    def names(tx: Transaction) -> list[str]:
        return [row.name for row in tx.all(sa.select(MEMBER.c.name))]

    told = await demo_bank.read(names)
    assert len(set(told)) == len(told) - SIZES.twins
    surnames = read_words().surnames
    assert len(set(surnames)) == len(surnames)


async def test_service_is_mixed_and_comes_from_a_few_above_all(demo_bank: Database) -> None:
    lines = await count(demo_bank, LINE)
    for role, share in {"service": 0.75, "publicity": 0.2, "mediation": 0.05}.items():
        assert abs(await count(demo_bank, LINE, LINE.c.role == role) / lines - share) < 0.03

    def minutes(tx: Transaction) -> list[int]:
        """Of this year, by member, most first."""
        served = sa.func.sum(LINE.c.minutes).label("served")
        of_year = (LINE.c.state == ParticipationState.SETTLED) & (LINE.c.points > 0)
        return [row.served for row in tx.all(sa.select(served).where(of_year).group_by(LINE.c.member_id))]

    served = sorted(await demo_bank.read(minutes), reverse=True)
    assert 0.3 < sum(served[: SIZES.core]) / sum(served) < 0.55
    assert SIZES.idle <= SIZES.members - len(served) <= SIZES.members // 2


async def test_something_is_in_every_state(demo_bank: Database) -> None:
    for activity_state in ActivityState:
        assert await count(demo_bank, ACTIVITY, ACTIVITY.c.state == activity_state), activity_state
    for line_state in ParticipationState:
        assert await count(demo_bank, LINE, LINE.c.state == line_state), line_state
    for redemption_state in RedemptionState:
        assert await count(demo_bank, REDEMPTION, REDEMPTION.c.state == redemption_state), redemption_state
    for edition_state in EditionState:
        assert await count(demo_bank, EDITION, EDITION.c.state == edition_state), edition_state
    for kind in TransferKind:
        assert await count(demo_bank, TRANSFER, TRANSFER.c.kind == kind), kind


async def test_mistakes_are_there_too(demo_bank: Database) -> None:
    assert await count(demo_bank, ACTIVITY, ACTIVITY.c.is_late) == 2 + PAST_SESSIONS
    assert await count(demo_bank, CORRECTION, CORRECTION.c.is_approved) == 6
    assert await count(demo_bank, CORRECTION, CORRECTION.c.is_approved.is_(None)) == 1
    assert await count(demo_bank, ACCOUNT, ACCOUNT.c.balance_points < 0) >= 1
    assert await count(demo_bank, CARD, CARD.c.state == CardState.LOST) == 2
    assert await count(demo_bank, CONSENT, CONSENT.c.withdrawn_at.is_not(None)) == 1
    assert await count(demo_bank, MEMBER, MEMBER.c.closed_at.is_not(None)) == 2
    assert await count(demo_bank, HOME) == SIZES.members + 1


async def test_goods_go_out_and_some_run_low(demo_bank: Database) -> None:
    assert 50 <= await total(demo_bank, ITEM.c.quantity) <= 70
    assert await count(demo_bank, STOCK, STOCK.c.remaining_quantity == 0) >= 1
    assert await count(demo_bank, STOCK, STOCK.c.remaining_quantity == 1) >= 1


async def test_nothing_is_left_to_do_at_its_end(demo_bank: Database) -> None:
    """All came about on time: what is due lies ahead, and nothing was decided by who entered it."""
    assert all(at > END for at, _ in await demo_bank.read(dues))
    assert await count(demo_bank, EDITION, EDITION.c.published_at != EDITION.c.due_at) == 0
    assert await count(demo_bank, ACTIVITY, ACTIVITY.c.decided_by_id == ACTIVITY.c.recorded_by_id) == 0


async def test_every_role_can_sign_in(demo_bank: Database, filled: Filled) -> None:
    assert {each.role for each in filled.demo.logins} == set(Role)
    for each in filled.demo.logins:
        credentials = await demo_bank.read(find_credentials, login=each.login)
        assert is_password(filled.demo.password, credentials.password_hash), each.login


async def test_the_member_that_is_shown_can_sign_in_and_spend(demo_bank: Database, filled: Filled) -> None:
    member = filled.demo.member
    found = await demo_bank.read(find_pin, card_no=member.card_no)
    assert found.member_id == member.id
    assert is_password(secret_of(member.id, member.pin), found.pin_hash)
    assert await demo_bank.read(spendable_points, member.id) >= 100
