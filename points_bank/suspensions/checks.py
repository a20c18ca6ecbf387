"""What must hold of suspensions: that fraud was proven where a review is named."""

import sqlalchemy as sa

from points_bank.checks import query_check

_PROVEN = sa.text("""
    SELECT s.id, s.member_id, s.review_id FROM suspension s
    WHERE s.review_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM review_entry e JOIN participation p ON p.id = e.participation_id
        WHERE e.review_id = s.review_id AND e.is_false AND p.member_id = s.member_id
    )
""")

CHECKS = (
    query_check("suspensions", _PROVEN, "suspension {id}: review {review_id} found nothing false of {member_id}"),
)
