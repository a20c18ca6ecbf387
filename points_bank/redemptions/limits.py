"""The limits of exchange, as figures in and refusals out: no session, no clock."""

from points_bank.errors import BalanceBelowZero, BelowRedemptionMinimum, HouseholdLimit, MonthLimit, VisitLimit
from points_bank.rules.rule_set import RuleSet


def refuse_debt(balance_points: int) -> None:
    """Who is below zero after a correction exchanges again from 0 on. Refuses `balance_below_zero`."""
    if balance_points < 0:
        raise BalanceBelowZero(balance_points=balance_points)


def refuse_too_little_saved(rules: RuleSet, spendable_points: int) -> None:
    """Refuses `below_redemption_minimum`, whatever was asked for: this comes before the question of what it costs."""
    if spendable_points < rules.redemption_minimum_points:
        raise BelowRedemptionMinimum(minimum_points=rules.redemption_minimum_points, spendable_points=spendable_points)


def refuse_too_many_items(rules: RuleSet, quantity: int) -> None:
    """Refuses `redemption_limit` with `limit` = `visit`: so many items in one exchange."""
    if quantity > rules.visit_limit_items:
        raise VisitLimit(
            limit="visit", limit_quantity=rules.visit_limit_items, used_quantity=0, asked_quantity=quantity
        )


def refuse_too_much_a_month(rules: RuleSet, *, used_points: int, asked_points: int, people: int = 1) -> None:
    """Refuses `redemption_limit` with `limit` = `month`: so many points a person in a calendar month.

    Where several people pay together, what they have used and what they may use are taken together.
    """
    limit_points = people * rules.month_limit_points
    if used_points + asked_points > limit_points:
        raise MonthLimit(
            limit="month", limit_quantity=limit_points, used_quantity=used_points, asked_quantity=asked_points
        )


def refuse_too_much_a_household(rules: RuleSet, *, used_points: int, asked_points: int) -> None:
    """Refuses `redemption_limit` with `limit` = `household`: so many points of one household in a calendar month."""
    limit_points = rules.household_month_limit_points
    if used_points + asked_points > limit_points:
        raise HouseholdLimit(
            limit="household", limit_quantity=limit_points, used_quantity=used_points, asked_quantity=asked_points
        )
