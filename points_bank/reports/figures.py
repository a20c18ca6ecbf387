"""The points of every branch over a span, in a handful of passes over the span's transfers."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from points_bank.reports.definitions import FLOWS, LAPSING_WITHIN_DAYS, Belongs, Figure, moved_points
from points_bank.reports.span import BELONGS, COMES_LATER, Span, before, on_span
from points_bank.transaction import Transaction

Figures = dict[int, dict[Figure, int]]
"""By branch, without those below it; what is 0 is left out."""


def _kinds(belongs: Belongs, sign: int | None = None) -> str:
    """The kinds of transfer of one sort, as a list in SQL."""
    return ", ".join(
        f"'{kind}'" for kind, flow in FLOWS.items() if flow and flow.belongs is belongs and sign in (None, flow.sign)
    )


# `kind || ''` keeps the database from going through an index of the kinds of all history instead of a range of ids.
_OF_ACCOUNTS = on_span(f"""
    SELECT side.kind, a.owner_id AS branch_id, side.points FROM (
        SELECT t.kind, SUM(t.amount_points) AS points,
            CASE WHEN t.kind IN ({_kinds(Belongs.ACCOUNT, +1)}) THEN t.debit_account_id
                ELSE t.credit_account_id END AS account_id
        FROM transfer t WHERE {BELONGS} AND t.kind || '' IN ({_kinds(Belongs.ACCOUNT)}) GROUP BY 1, 3
    ) AS side JOIN account a ON a.id = side.account_id
""")
_OF_HOMES = on_span(f"""
    SELECT t.kind, m.branch_id, SUM(t.amount_points) AS points FROM transfer t
    JOIN account a ON a.id = CASE WHEN t.kind IN ({_kinds(Belongs.HOME, +1)}) THEN t.credit_account_id
        ELSE t.debit_account_id END
    JOIN member m ON m.id = a.owner_id
    WHERE {BELONGS} AND t.kind || '' IN ({_kinds(Belongs.HOME)}) GROUP BY t.kind, m.branch_id
""")
_BALANCES = sa.text("""
    SELECT m.branch_id, SUM(a.balance_points) AS points
    FROM account a JOIN member m ON m.id = a.owner_id WHERE a.kind = 'member' GROUP BY m.branch_id
""")
# Where a household pays together, each has a transfer of their own: `redemption:7/12`. The 0 comes after the slash.
_HELD = sa.text("""
    SELECT m.branch_id, SUM(h.amount_points) AS points FROM redemption r
    JOIN transfer h ON h.kind = 'hold' AND (h.reference = 'redemption:' || r.id
        OR h.reference > 'redemption:' || r.id || '/' AND h.reference < 'redemption:' || r.id || '0')
    JOIN account a ON a.id = h.debit_account_id JOIN member m ON m.id = a.owner_id
    WHERE r.state = 'reserved' GROUP BY m.branch_id
""")
_OWED_SINCE = on_span(f"""
    SELECT m.branch_id, SUM(side.points) AS points FROM (
        SELECT t.credit_account_id AS account_id, t.amount_points AS points FROM transfer t
        WHERE {COMES_LATER} AND t.credit_balance_points IS NOT NULL AND t.kind <> 'release'
        UNION ALL SELECT t.debit_account_id, -t.amount_points FROM transfer t
        WHERE {COMES_LATER} AND t.debit_balance_points IS NOT NULL AND t.kind <> 'hold'
        UNION ALL SELECT h.debit_account_id, -t.amount_points FROM transfer t
        JOIN transfer h ON h.kind = 'hold' AND h.reference = t.reference
        WHERE {COMES_LATER} AND t.kind || '' = 'collection'
    ) AS side
    JOIN account a ON a.id = side.account_id JOIN member m ON m.id = a.owner_id GROUP BY m.branch_id
""")
_LAPSING = on_span("""
    SELECT m.branch_id, SUM(l.remaining_points) AS points FROM lot l
    JOIN account a ON a.id = l.account_id JOIN member m ON m.id = a.owner_id
    WHERE l.remaining_points > 0 AND l.lapses_on >= :until_on AND l.lapses_on < :lapsing_on GROUP BY m.branch_id
""").bindparams(sa.bindparam("lapsing_on", type_=sa.Date()))
_LAPSING_SINCE = on_span(f"""
    SELECT m.branch_id, SUM(u.points) AS points FROM transfer t
    JOIN lot_use u ON u.transfer_id = t.id JOIN lot l ON l.id = u.lot_id
    JOIN account a ON a.id = l.account_id JOIN member m ON m.id = a.owner_id
    WHERE {COMES_LATER} AND l.lapses_on >= :until_on AND l.lapses_on < :lapsing_on GROUP BY m.branch_id
""").bindparams(sa.bindparam("lapsing_on", type_=sa.Date()))
_WAITING = on_span("""
    SELECT a.branch_id, COUNT(*) AS points FROM activity a JOIN participation p ON p.activity_id = a.id
    WHERE a.state = 'logged' AND p.state <> 'rejected' AND a.service_on < :until_on AND a.recorded_at < :end_at
    GROUP BY a.branch_id
""")
_CORRECTED_MINUTES = on_span("""
    SELECT a.branch_id, SUM(c.minutes_after - c.minutes_before) AS points FROM correction c
    JOIN participation p ON p.id = c.participation_id JOIN activity a ON a.id = p.activity_id
    WHERE c.is_approved AND c.decided_at >= :start_at AND c.decided_at < :end_at AND p.settled_at < :start_at
    GROUP BY a.branch_id
""")


def figures_of(tx: Transaction, span: Span, *, opening: Mapping[int, int] | None = None) -> Figures:
    """The figures of every branch over a span.

    `opening` is what a closed month handed on; without it the opening is reckoned back from now, with members counted
    where they are at home now.
    """
    found: defaultdict[int, dict[Figure, int]] = defaultdict(dict)
    owed_now = _owed_now(tx)
    if opening is None:
        opening = _minus(owed_now, owed_since(tx, before(span, span.period.first_on)))
    _put(found, Figure.OPENING, opening)
    for (branch_id, figure), points in flows_of(tx, span).items():
        found[branch_id][figure] = points
    _put(found, Figure.CLOSING, _minus(owed_now, owed_since(tx, span)))
    _put(found, Figure.LAPSING, _lapsing(tx, span))
    _put(found, Figure.WAITING, _by_branch(tx, _WAITING, span.values))
    _put(found, Figure.CORRECTED_MINUTES, _by_branch(tx, _CORRECTED_MINUTES, span.values))
    for figures in found.values():
        if moved := moved_points(figures):
            figures[Figure.MOVED] = moved
    return {branch_id: figures for branch_id, figures in found.items() if figures}


def flows_of(tx: Transaction, span: Span) -> Counter[tuple[int, Figure]]:
    """The points that flowed in a span, by branch and figure."""
    points: Counter[tuple[int, Figure]] = Counter()
    for statement in (_OF_ACCOUNTS, _OF_HOMES):
        for row in tx.all(statement, **span.values):
            points[row.branch_id, _figure_of(row.kind)] += row.points
    return points


def _owed_now(tx: Transaction) -> Counter[int]:
    """Balances and what is held, by the branch where members are at home."""
    points = _by_branch(tx, _BALANCES, {})
    points.update(_by_branch(tx, _HELD, {}))
    return points


def owed_since(tx: Transaction, span: Span) -> Counter[int]:
    """By how much what is owed has changed after a span, by the branch where members are at home now."""
    return _by_branch(tx, _OWED_SINCE, span.values)


def _minus(points: Counter[int], taken: Counter[int]) -> Counter[int]:
    """Also where less than nothing is left, which the operator `-` of counters leaves out."""
    left = points.copy()
    left.subtract(taken)
    return left


def _lapsing(tx: Transaction, span: Span) -> Counter[int]:
    """What remained at the end of a span in lots that lapse within `LAPSING_WITHIN_DAYS`."""
    values = span.values | {"lapsing_on": span.period.until + timedelta(days=LAPSING_WITHIN_DAYS)}
    return _minus(_by_branch(tx, _LAPSING, values), _by_branch(tx, _LAPSING_SINCE, values))


def _by_branch(tx: Transaction, statement: sa.TextClause, values: dict[str, Any]) -> Counter[int]:
    return Counter({row.branch_id: row.points for row in tx.all(statement, **values)})


def _put(found: defaultdict[int, dict[Figure, int]], figure: Figure, by_branch: Mapping[int, int]) -> None:
    for branch_id, value in by_branch.items():
        if value:
            found[branch_id][figure] = value


def _figure_of(kind: str) -> Figure:
    flow = next(flow for each, flow in FLOWS.items() if each == kind)
    assert flow is not None, "only kinds with a column are asked for"
    return flow.figure
