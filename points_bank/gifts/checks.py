"""What must hold between donations, help pools, grants and the ledger."""

import sqlalchemy as sa

from points_bank.checks import query_check

_POOLS = sa.text("""
    SELECT branch_id, SUM(remaining) AS remaining, SUM(kept) AS kept FROM (
        SELECT branch_id, remaining_points AS remaining, 0 AS kept FROM help_pool
        UNION ALL SELECT branch_id, 0, points FROM donation WHERE branch_id IS NOT NULL
        UNION ALL SELECT branch_id, 0, -points FROM help_pool_grant WHERE state = 'granted'
    ) AS side GROUP BY branch_id HAVING SUM(remaining) <> SUM(kept)
""")
_DONATIONS = sa.text("""
    SELECT d.id, d.points, COALESCE(t.amount_points, 0) AS moved FROM donation d
    LEFT JOIN transfer t ON t.reference = 'donation:' || d.id
        AND t.kind = CASE WHEN d.receiver_id IS NULL THEN 'donation' ELSE 'gift' END
    LEFT JOIN account a ON a.id = t.debit_account_id
    LEFT JOIN account b ON b.id = t.credit_account_id
    WHERE t.id IS NULL OR t.amount_points <> d.points OR a.owner_id <> d.member_id
        OR b.owner_id <> COALESCE(d.receiver_id, d.branch_id)
""")
_GRANTS = sa.text("""
    SELECT g.id, g.points, g.state, COALESCE(t.amount_points, 0) AS moved FROM help_pool_grant g
    LEFT JOIN transfer t ON t.kind = 'grant' AND t.reference = 'grant:' || g.id
    LEFT JOIN account a ON a.id = t.debit_account_id
    LEFT JOIN account b ON b.id = t.credit_account_id
    WHERE (g.state = 'granted') <> (t.id IS NOT NULL) OR t.amount_points <> g.points OR a.owner_id <> g.branch_id
        OR b.owner_id <> g.member_id
""")
_STRAY = sa.text("""
    SELECT t.id, t.kind, t.reference FROM transfer t LEFT JOIN donation d
        ON d.id = NUMBER_IN(SUBSTR(t.reference, 10))
    WHERE t.kind IN ('donation', 'gift') AND (d.id IS NULL OR t.reference <> 'donation:' || d.id)
    UNION ALL
    SELECT t.id, t.kind, t.reference FROM transfer t LEFT JOIN help_pool_grant g
        ON g.id = NUMBER_IN(SUBSTR(t.reference, 7))
    WHERE t.kind = 'grant' AND (g.id IS NULL OR t.reference <> 'grant:' || g.id)
""")

CHECKS = (
    query_check("help pools", _POOLS, "pool of branch {branch_id} has {remaining}, donations less grants are {kept}"),
    query_check("transfers of donations", _DONATIONS, "donation {id} of {points} moved {moved}, or of somebody else"),
    query_check("transfers of grants", _GRANTS, "grant {id} ({state}) of {points} moved {moved}, or of somebody else"),
    query_check("gifts with a cause", _STRAY, "transfer {id} ({kind}) has no {reference}"),
)
