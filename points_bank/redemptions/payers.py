"""Payers: whose points an order takes. One person's, or those of several people of a household who agreed to it."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from points_bank.actor import Actor
from points_bank.errors import GuardianRequired, InsufficientPoints, Invalid, NotPooled, SamePerson, message
from points_bank.ledger.accounts import MemberAccount, lock_accounts
from points_bank.ledger.spending import Purse, lock_purse
from points_bank.members.finding import is_under_18
from points_bank.members.households import PoolMember, household_with, pool_of
from points_bank.redemptions.limits import refuse_debt, refuse_too_much_a_month
from points_bank.redemptions.payments import used_by_member
from points_bank.rules.rule_set import RuleSet
from points_bank.suspensions.in_force import refuse_suspended, suspended_until
from points_bank.transaction import Transaction

TWICE = message("This person is on the list twice.")
OTHER_SUM = message("The points of those who pay do not add up to what the order costs.")


class AskedPayer(msgspec.Struct, frozen=True):
    """Who is to pay: so many points or, without a figure, what is still missing when it is their turn.

    `guardian_agreed` is the word of a minor's guardian for this one order.
    """

    member_id: int
    points: int | None = None
    guardian_agreed: bool = False


class Sharing(msgspec.Struct, frozen=True):
    """That a household pays together: these people in this order, or without any named, every adult who agreed."""

    payers: Sequence[AskedPayer] = ()


class Payer(msgspec.Struct, frozen=True, kw_only=True):
    """Who could pay, with a locked account."""

    purse: Purse
    used_points: int
    left_points: int
    asked_points: int | None = None
    guardian_agreed: bool = False

    @property
    def member_id(self) -> int:
        return self.purse.account.member_id

    @property
    def spendable_points(self) -> int:
        return self.purse.spendable_points

    @property
    def lapses_on(self) -> date:
        """When the first of their lots lapses."""
        return self.purse.lots[0].lapses_on if self.purse.lots else date.max

    @property
    def most_points(self) -> int:
        """What they can pay: their points, within the month's limit of a person."""
        return max(0, min(self.spendable_points, self.left_points))


class Share(msgspec.Struct, frozen=True):
    """What one person pays of an order."""

    member_id: int
    points: int
    guardian_agreed: bool = False


def sole_payer(tx: Transaction, rules: RuleSet, member_id: int, *, month: str) -> Payer:
    """The member who orders, as the only one who pays. Refuses `redemption_suspended` and `balance_below_zero`."""
    purse = lock_purse(tx, member_id)
    refuse_suspended(tx, member_id)
    refuse_debt(purse.account.balance_points)
    return _payer(tx, rules, purse, AskedPayer(member_id), month)


def pool_payers(tx: Transaction, rules: RuleSet, member_id: int, sharing: Sharing, *, month: str) -> list[Payer]:
    """Who pays for an order of a member's household, in the order in which they are asked.

    Named people in the order of the list. Without names the member who orders first, then the other adults, whose
    points lapse first in front; who has nothing to give is left out. Refuses `invalid` who is named twice,
    `not_pooled` who does not share points in the household (the member who orders included), `guardian_required` a
    minor without the guardian's word for this order, and `redemption_suspended` and `balance_below_zero` the member who
    orders and whoever is named.
    """
    named = {payer.member_id: payer for payer in sharing.payers}
    if len(named) < len(sharing.payers):
        raise Invalid({"payers": TWICE})
    pool = _pool(tx, member_id)
    # Before their accounts were locked somebody may have moved out, so that the pool is read once more.
    accounts = lock_accounts(tx, sorted({member_id, *named.keys() & pool.keys()} if named else pool.keys()))
    pool = _pool(tx, member_id)
    refuse_suspended(tx, member_id)
    refuse_debt(accounts[member_id].balance_points)
    if named:
        return [_named_payer(tx, rules, each, pool, accounts, month=month) for each in sharing.payers]
    if is_under_18(pool[member_id].born_on, tx.today):
        raise GuardianRequired
    adults = [each for each in pool if each in accounts and _may_be_asked(tx, pool[each])]
    payers = [_payer(tx, rules, lock_purse(tx, each), AskedPayer(each), month) for each in adults]
    payers.sort(key=lambda each: (each.member_id != member_id, each.lapses_on, each.member_id))
    return [each for each in payers if each.member_id == member_id or each.most_points]


def split_over_payers(rules: RuleSet, payers: Sequence[Payer], points: int) -> list[Share]:
    """Who pays how much: what was asked of them, and the rest from the others in their order; nobody pays 0.

    Refuses `insufficient_points`; `redemption_limit` where somebody was asked for more than their month leaves; and
    `invalid` where what was asked does not add up.
    """
    for payer in payers:
        _refuse_beyond(rules, payer)
    left = points - sum(payer.asked_points or 0 for payer in payers)
    if left < 0 or (left and all(payer.asked_points is not None for payer in payers)):
        raise Invalid({"payers": OTHER_SUM})
    shares = []
    for payer in payers:
        part = min(left, payer.most_points) if payer.asked_points is None else payer.asked_points
        left -= part if payer.asked_points is None else 0
        shares.append(Share(payer.member_id, part, payer.guardian_agreed))
    if left:
        raise InsufficientPoints(asked_points=points, spendable_points=points - left)
    return [share for share in shares if share.points]


def refuse_own(member_id: int, *, by: Actor) -> None:
    """Staff do not serve the member that they are in private life. Refuses `same_person`."""
    if by.staff_id is not None and by.member_id == member_id:
        raise SamePerson


def _pool(tx: Transaction, member_id: int) -> Mapping[int, PoolMember]:
    """Those who share points in the member's household, the member among them."""
    household_id = household_with(tx, member_id)
    pool = {} if household_id is None else pool_of(tx, household_id)
    if member_id not in pool:
        raise NotPooled(member_id=member_id)
    return pool


def _named_payer(
    tx: Transaction,
    rules: RuleSet,
    asked: AskedPayer,
    pool: Mapping[int, PoolMember],
    accounts: Mapping[int, MemberAccount],
    *,
    month: str,
) -> Payer:
    person = pool.get(asked.member_id)
    if person is None or asked.member_id not in accounts:
        raise NotPooled(member_id=asked.member_id)
    is_minor = is_under_18(person.born_on, tx.today)
    if is_minor and not (person.guardian_consented_on and asked.guardian_agreed):
        raise GuardianRequired(member_id=asked.member_id)
    refuse_suspended(tx, asked.member_id)
    refuse_debt(accounts[asked.member_id].balance_points)
    return _payer(tx, rules, lock_purse(tx, asked.member_id), asked, month)


def _may_be_asked(tx: Transaction, person: PoolMember) -> bool:
    """Whether somebody pays without being named: an adult whose redemption is not suspended."""
    return not is_under_18(person.born_on, tx.today) and suspended_until(tx, person.id) is None


def _payer(tx: Transaction, rules: RuleSet, purse: Purse, asked: AskedPayer, month: str) -> Payer:
    used_points = used_by_member(tx, purse.account.member_id, month)
    return Payer(
        purse=purse,
        used_points=used_points,
        left_points=max(0, rules.month_limit_points - used_points),
        asked_points=asked.points,
        guardian_agreed=asked.guardian_agreed,
    )


def _refuse_beyond(rules: RuleSet, payer: Payer) -> None:
    """Refuses what was asked of somebody by name beyond their month's limit or their points."""
    if payer.asked_points is None:
        return
    refuse_too_much_a_month(rules, used_points=payer.used_points, asked_points=payer.asked_points)
    if payer.asked_points > payer.spendable_points:
        raise InsufficientPoints(asked_points=payer.asked_points, spendable_points=payer.spendable_points)
