"""Service over a span: activities, person-times, people and minutes, in all and by role, theme and management mode.

Service belongs to the span in which it settled, to the branch that logged it and to all above that one. A line that
was taken back to no minutes is none. Lines settle with their activity, which an index finds; but for those that were
frozen until a doubt was decided, which settle by themselves.
"""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from points_bank.branches.models import BranchKind
from points_bank.reports.models import Cut
from points_bank.reports.span import Span, on_span
from points_bank.transaction import Transaction


class Tally(msgspec.Struct, frozen=True):
    """Service of a branch and all below it; `value` is empty where the cut knows none."""

    branch_id: int
    cut: Cut
    value: str
    activities: int
    participations: int
    people: int
    minutes: int


_VALUES = {
    Cut.ALL: "''",
    Cut.ROLE: "s.role",
    Cut.THEME: "COALESCE(s.theme, '')",
    Cut.MANAGEMENT_MODE: "COALESCE(s.management_mode, '')",
}

_LINES = """
    SELECT a.id AS activity_id, a.branch_id, a.role, a.theme, b.management_mode, p.member_id, p.minutes
    FROM activity a JOIN participation p ON p.activity_id = a.id JOIN branch b ON b.id = a.branch_id
"""


def _statement(cut: Cut) -> sa.TextClause:
    return on_span(f"""
        WITH RECURSIVE place (branch_id, total_id) AS (
            SELECT id, id FROM branch WHERE kind = :kind AND :only_id IN (0, id)
            UNION ALL SELECT b.id, place.total_id FROM place JOIN branch b ON b.parent_id = place.branch_id
        ), service AS (
            {_LINES} WHERE a.state = 'settled' AND a.settles_at >= :start_at AND a.settles_at < :end_at
                AND p.state = 'settled' AND p.settled_at < :end_at AND p.minutes > 0
            UNION ALL {_LINES} WHERE p.id IN (SELECT participation_id FROM participation_freeze)
                AND p.state = 'settled' AND p.settled_at >= :start_at AND p.settled_at < :end_at AND p.minutes > 0
                AND NOT (a.settles_at >= :start_at AND a.settles_at < :end_at)
        )
        SELECT place.total_id AS branch_id, {_VALUES[cut]} AS value, COUNT(DISTINCT s.activity_id) AS activities,
            COUNT(*) AS participations, COUNT(DISTINCT s.member_id) AS people, SUM(s.minutes) AS minutes
        FROM service s JOIN place ON place.branch_id = s.branch_id
        GROUP BY 1, 2 ORDER BY 1, 2
    """)


_STATEMENTS = {cut: _statement(cut) for cut in Cut}


def tallies_of(
    tx: Transaction, span: Span, cut: Cut, kind: BranchKind, *, branch_id: int | None = None
) -> Sequence[Tally]:
    """The tallies of one cut, of all branches of a kind or of one, in the order of branches and values."""
    rows = tx.all(_STATEMENTS[cut], **span.values, kind=kind, only_id=branch_id or 0)
    return [
        Tally(row.branch_id, cut, row.value, row.activities, row.participations, row.people, row.minutes)
        for row in rows
    ]
