"""What must hold of closed months: they add up, follow on each other, and say what the transfers say."""

from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa

from points_bank.branches.tree import branch_of
from points_bank.checks import Check, query_check
from points_bank.reports.closing import CloseLine, closes_in_order, span_of_close
from points_bank.reports.definitions import FLOWS, SIGNS, Belongs, Figure
from points_bank.reports.figures import flows_of, owed_since
from points_bank.reports.reading import closed_report
from points_bank.transaction import Transaction

_PLUS = ", ".join(f"'{figure}'" for figure, sign in SIGNS.items() if sign > 0)
_MINUS = ", ".join(f"'{figure}'" for figure, sign in SIGNS.items() if sign < 0)
_SUMS = sa.text(f"""
    SELECT c.period, s.branch_id, s.missing FROM (
        SELECT close_id, branch_id, SUM(CASE
            WHEN figure IN ({_PLUS}, '{Figure.MOVED}') THEN value WHEN figure IN ({_MINUS}) THEN -value
            WHEN figure = '{Figure.CLOSING}' THEN -value ELSE 0 END) AS missing
        FROM report_figure GROUP BY close_id, branch_id
    ) AS s JOIN month_close c ON c.id = s.close_id WHERE s.missing <> 0
""")
_MOVED = sa.text(f"""
    SELECT c.period, SUM(f.value) AS points FROM report_figure f JOIN month_close c ON c.id = f.close_id
    WHERE f.figure = '{Figure.MOVED}' GROUP BY c.period HAVING SUM(f.value) <> 0
""")
_HANDED_ON = sa.text(f"""
    SELECT s.period, s.branch_id, s.missing FROM (
        SELECT c.period, f.branch_id, SUM(CASE WHEN f.close_id = c.id THEN f.value ELSE -f.value END) AS missing
        FROM month_close c JOIN report_figure f
            ON f.close_id = c.id AND f.figure = '{Figure.OPENING}'
            OR f.figure = '{Figure.CLOSING}' AND f.close_id = (SELECT MAX(b.id) FROM month_close b WHERE b.id < c.id)
        WHERE c.id > (SELECT MIN(id) FROM month_close)
        GROUP BY c.period, f.branch_id
    ) AS s WHERE s.missing <> 0
""")
_STORED = sa.text("SELECT branch_id, figure, value FROM report_figure WHERE close_id = :close_id")
_IN_LOTS = sa.text("""
    SELECT (SELECT COALESCE(SUM(remaining_points), 0) FROM lot)
        + (SELECT COALESCE(SUM(balance_points), 0) FROM account WHERE balance_points < 0)
        + (SELECT COALESCE(SUM(amount_points), 0) FROM redemption WHERE state = 'reserved')
""")
_SIGNED = sa.text("SELECT close_id, branch_id, content_hash FROM report_signature ORDER BY close_id, branch_id")
_OF_HOMES = {flow.figure for flow in FLOWS.values() if flow and flow.belongs is Belongs.HOME}
_OF_TRANSFERS = {flow.figure for flow in FLOWS.values() if flow}


def _wrong_figures(tx: Transaction) -> Iterator[str]:
    """Closed months against their transfers. Where a member was at home then is not kept, so that is added up."""
    for close in closes_in_order(tx):
        written: Counter[tuple[int, str]] = Counter()
        for row in tx.all(_STORED, close_id=close.id):
            if row.figure in _OF_TRANSFERS:
                written[_place(row.branch_id, row.figure), row.figure] += row.value
        found: Counter[tuple[int, str]] = Counter()
        for (branch_id, figure), points in flows_of(tx, span_of_close(tx, close)).items():
            found[_place(branch_id, figure), figure] += points
        for key in sorted(each for each in written | found if written[each] != found[each]):
            which = "{1} of branch {0}".format(*key) if key[0] else key[1]
            yield f"{close.period}: {which} is {written[key]}, transfers say {found[key]}"


def _wrong_closing(tx: Transaction) -> Iterator[str]:
    """The last closing against what is in lots and held, less deficits, and what was written since."""
    for close in closes_in_order(tx)[-1:]:
        span = span_of_close(tx, close)
        since = tx.scalar(_IN_LOTS) - owed_since(tx, span).total()
        written = sum(row.value for row in tx.all(_STORED, close_id=close.id) if row.figure == Figure.CLOSING)
        if written != since:
            yield f"{close.period} closed with {written}, lots and holds less deficits say {since}"


def _wrong_signatures(tx: Transaction) -> Iterator[str]:
    closes = {close.id: close for close in closes_in_order(tx)}
    for row in tx.all(_SIGNED):
        close: CloseLine = closes[row.close_id]
        if closed_report(tx, close, branch_of(tx, row.branch_id)).content_hash != row.content_hash:
            yield f"{close.period}: what branch {row.branch_id} signed is not what its report says"


def _place(branch_id: int, figure: str) -> int:
    return 0 if figure in _OF_HOMES else branch_id


CHECKS = (
    query_check("reports add up", _SUMS, "{period}: branch {branch_id} is off by {missing}"),
    query_check("moves between branches", _MOVED, "{period}: moved in and out differ by {points}"),
    query_check("openings", _HANDED_ON, "{period}: branch {branch_id} opens {missing} off what was closed before"),
    Check("reports and transfers", _wrong_figures),
    Check("closing and lots", _wrong_closing),
    Check("signed reports", _wrong_signatures),
)
