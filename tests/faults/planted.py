"""Faults that somebody might make in the ledger, the rules or at the desk, and the tests that must notice each.

Each is one change of the source: a text that stands there exactly once, and what is put in its place.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """`where` is a file of the package; `caught_by` are the tests of which one at least must fail."""

    name: str
    where: str
    before: str
    after: str
    caught_by: tuple[str, ...]


LEDGER = (
    Fault(
        "a debit that is lost",
        "ledger/spending.py",
        "    change_account(tx, account.id, -points)\n    return Posted(transfer_id, balance)",
        "    return Posted(transfer_id, balance)",
        ("tests/ledger/test_posting.py::test_spending_takes_the_lot_that_lapses_first",),
    ),
    Fault(
        "a lot that is filled twice",
        "ledger/posting.py",
        'extension_order="", remaining_points=points\n',
        'extension_order="", remaining_points=2 * points\n',
        ("tests/ledger/test_posting.py::test_an_award_fills_a_lot_and_the_lifetime_totals",),
    ),
    Fault(
        "a refund that goes to a fresh lot",
        "ledger/spending.py",
        "if is_past(lot, on) else lot.lot_id",
        "if lot.points else lot.lot_id",
        ("tests/ledger/test_posting.py::test_a_refund_goes_to_the_same_lots_with_the_same_dates",),
    ),
    Fault(
        "a lapse that is paid twice",
        "ledger/posting.py",
        "    take_from(tx, transfer_id, [lot])\n    change_account(tx, account_id, -lot.points)",
        "    change_account(tx, account_id, -lot.points)",
        ("tests/ledger/test_lapse.py::test_story_5",),
    ),
    Fault(
        "a lot that can still be spent on the day after its last",
        "ledger/lots.py",
        "return lot.lapses_on < on",
        "return lot.lapses_on.toordinal() + 1 < on.toordinal()",
        ("tests/ledger/test_lapse.py::test_a_lot_past_its_date_is_spent_by_nobody_though_no_job_ran",),
    ),
    Fault(
        "a credit that leaves the deficit as it is",
        "ledger/posting.py",
        "into_lot = award.points - min(account.deficit_points, award.points)",
        "into_lot = award.points",
        ("tests/ledger/test_posting.py::test_a_credit_fills_the_deficit_before_any_lot",),
    ),
    Fault(
        "the lot that lapses last is spent first",
        "ledger/lots.py",
        ".order_by(LOT.c.lapses_on, LOT.c.id)\n)\n_TAKEN_BY",
        ".order_by(LOT.c.lapses_on.desc(), LOT.c.id)\n)\n_TAKEN_BY",
        ("tests/ledger/test_posting.py::test_spending_takes_the_lot_that_lapses_first",),
    ),
    Fault(
        "a reversal that forgets how much was reversed before",
        "ledger/reversal.py",
        "tx.scalar(_AMOUNT, id=award_id) - tx.scalar(_REVERSED, reverses_id=award_id)",
        "tx.scalar(_AMOUNT, id=award_id)",
        ("tests/activities/test_settlement.py::test_a_line_is_corrected_up_and_down_and_taken_back",),
    ),
    Fault(
        "a balance that may fall one point too low",
        "ledger/reversal.py",
        "if balance < floor_points:",
        "if balance < floor_points - 1:",
        ("tests/ledger/test_reversal.py::test_the_floor_is_reached_and_not_passed",),
    ),
    Fault(
        "honour that falls with a redemption",
        "ledger/spending.py",
        "    change_account(tx, account.id, -points)\n    return Posted(transfer_id, balance)",
        "    change_account(tx, account.id, -points, honour=-points)\n    return Posted(transfer_id, balance)",
        ("tests/redemptions/test_exchange.py::test_goods_are_handed_over_for_points",),
    ),
)
RULES = (
    Fault(
        "a cap that is off by one",
        "rules/points.py",
        "max(0, cap_points - earlier_points)",
        "max(0, cap_points + 1 - earlier_points)",
        ("tests/rules/test_points.py::test_the_cap_of_the_day_comes_first_then_that_of_the_month_and_what_fits_stays",),
    ),
    Fault(
        "half an hour that counts before it is full",
        "rules/points.py",
        "units = service.minutes // rule.unit_minutes",
        "units = -(-service.minutes // rule.unit_minutes)",
        ("tests/rules/test_points.py::test_service_earns_for_each_completed_half_hour",),
    ),
    Fault(
        "a third mediator who is paid",
        "rules/points.py",
        "earlier.case_mediators >= rule.mediators_per_case",
        "earlier.case_mediators > rule.mediators_per_case",
        ("tests/rules/test_points.py::test_two_mediators_of_a_case_earn",),
    ),
    Fault(
        "a cap that counts only what is settled",
        "activities/reckoning.py",
        "APPROVED = (ParticipationState.UNDER_NOTICE, ParticipationState.FROZEN, ParticipationState.SETTLED)",
        "APPROVED = (ParticipationState.FROZEN, ParticipationState.SETTLED)",
        ("tests/activities/test_settlement.py::test_the_caps_hold_in_whatever_order_sheets_are_approved",),
    ),
    Fault(
        "a recorder who approves",
        "activities/approval.py",
        "if activity.recorded_by_id == by.staff_id:",
        "if activity.recorded_by_id == by.staff_id and by.member_id is not None:",
        ("tests/activities/test_logbook.py::test_who_recorded_never_approves_whatever_their_role",),
    ),
    Fault(
        "a notice that is one working day short",
        "activities/approval.py",
        "end_of_working_days(tx, tx.today, rules.notice_working_days)",
        "end_of_working_days(tx, tx.today, rules.notice_working_days - 1)",
        ("tests/activities/test_settlement.py::test_notice_runs_over_the_districts_working_days",),
    ),
)
DESK = (
    Fault(
        "a hold that leaks",
        "ledger/spending.py",
        "held, redeemed, hold.amount_points, on, reference)",
        "held, redeemed, hold.amount_points - 1, on, reference)",
        ("tests/redemptions/test_reservation.py::test_the_code_collects_it",),
    ),
    Fault(
        "the last umbrella handed out twice",
        "rewards/stock.py",
        'STOCK.c.remaining_quantity + sa.bindparam("change") >= 0',
        'STOCK.c.remaining_quantity + sa.bindparam("change") >= -1',
        ("tests/redemptions/test_at_once.py::test_the_last_item_goes_once",),
    ),
    Fault(
        "a month that takes a point too many",
        "redemptions/limits.py",
        "limit_points = people * rules.month_limit_points\n",
        "limit_points = people * rules.month_limit_points + 1\n",
        ("tests/redemptions/test_limits.py::test_at_the_edges",),
    ),
    Fault(
        "wrong codes that are not counted",
        "redemptions/reservation.py",
        "remember=_counting(redemption.id, by)",
        "remember=None",
        ("tests/redemptions/test_reservation.py::test_after_five_wrong_codes_no_code_helps",),
    ),
)
BANK = (
    Fault(
        "a savepoint that is skipped",
        "sqlite.py",
        'raw.execute("ROLLBACK TO act")\n',
        "\n",
        ("tests/database/test_group_commit.py::test_an_act_that_raises_leaves_nothing_and_its_neighbours_are_kept",),
    ),
    Fault(
        "a half done act that is taken for one that wrote nothing",
        "sqlite.py",
        "if not is_kept and raw.total_changes != written:",
        "if not is_kept and raw.total_changes < written:",
        ("tests/database/test_group_commit.py::test_an_act_that_raises_leaves_nothing_and_its_neighbours_are_kept",),
    ),
    Fault(
        "a key that is forgotten",
        "idempotency.py",
        "    if kept is not None:",
        "    if kept is not None and kept.outcome is None:",
        ("tests/test_idempotency.py::test_a_repeat_answers_the_same_and_says_so",),
    ),
    Fault(
        "a rank after ties that counts places, not people",
        "leaderboards/standings.py",
        "first_at.setdefault(value, place)",
        "first_at.setdefault(value, len(first_at) + 1)",
        ("tests/leaderboards/test_standings.py::test_equal_values_share_a_rank",),
    ),
)
DEPTH = (
    Fault(
        "a gift that lapses later than it would have",
        "ledger/giving.py",
        "fill_lot(tx, transfer_id, account_id, lapses_on, points)",
        "fill_lot(tx, transfer_id, account_id, lapses_on.replace(year=lapses_on.year + 1), points)",
        ("tests/ledger/test_giving.py::test_each_lot_becomes_one_of_the_same_date",),
    ),
    Fault(
        "a lapse that is reinstated each time it is looked at",
        "ledger/extending.py",
        ".where(_UNDONE.c.reverses_id == TRANSFER.c.id)",
        ".where(_UNDONE.c.reverses_id == TRANSFER.c.id, _UNDONE.c.id < 0)",
        ("tests/ledger/test_extending.py::test_what_had_lapsed_comes_back_once_and_the_lapse_stays_in_the_books",),
    ),
    Fault(
        "a household that may have a point too many",
        "redemptions/limits.py",
        "limit_points = rules.household_month_limit_points\n",
        "limit_points = rules.household_month_limit_points + 1\n",
        ("tests/redemptions/test_pools.py::test_the_limits_of_a_person_and_of_a_household",),
    ),
    Fault(
        "a seal that leaves out the last transfer of a day",
        "ledger/seal.py",
        "FROM transfer WHERE id > :after_id AND id <= :until_id",
        "FROM transfer WHERE id > :after_id AND id < :until_id",
        ("tests/ledger/test_seal.py::test_a_stranger_recomputes_the_same_chain",),
    ),
    Fault(
        "a month's close that forgets what was refunded",
        "reports/definitions.py",
        "TransferKind.REFUND: Flow(Figure.REFUNDED, +1),",
        "TransferKind.REFUND: None,",
        ("tests/stories/test_s14_month_close.py",),
    ),
)
FAULTS = (*LEDGER, *RULES, *DESK, *BANK, *DEPTH)
