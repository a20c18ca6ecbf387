"""What must hold of reviews: what is open is frozen, and what was decided is carried out."""

import sqlalchemy as sa

from points_bank.checks import query_check

_FROZEN = sa.text("""
    SELECT e.review_id, e.participation_id, p.state,
        CASE WHEN r.decided_at IS NULL THEN 'open' ELSE 'decided' END AS stands
    FROM review_entry e
    JOIN review r ON r.id = e.review_id
    JOIN participation p ON p.id = e.participation_id
    LEFT JOIN participation_freeze f
        ON f.participation_id = p.id AND f.cause = 'review:' || r.id AND f.thawed_at IS NULL
    WHERE p.state <> 'rejected'
        AND (r.decided_at IS NULL AND e.state_before <> 'settled') <> (f.id IS NOT NULL)
""")
_JUDGED = sa.text("""
    SELECT e.review_id, e.participation_id, p.state
    FROM review_entry e
    JOIN review r ON r.id = e.review_id
    JOIN participation p ON p.id = e.participation_id
    LEFT JOIN correction c ON c.id = e.correction_id
    WHERE (r.decided_at IS NULL) <> (e.is_false IS NULL)
        OR (e.is_false AND p.state <> 'rejected' AND p.minutes > 0 AND e.correction_id IS NULL)
        OR (e.correction_id IS NOT NULL AND (c.participation_id <> e.participation_id OR c.minutes_after <> 0))
""")

CHECKS = (
    query_check(
        "entries under review",
        _FROZEN,
        "review {review_id} is {stands}, participation {participation_id} is {state}",
    ),
    query_check(
        "decided reviews", _JUDGED, "review {review_id}: what was decided of participation {participation_id} ({state})"
    ),
)
