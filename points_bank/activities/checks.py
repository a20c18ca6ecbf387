"""What must hold between the logbook and the ledger."""

import sqlalchemy as sa

from points_bank.checks import query_check

_POSTED = sa.text("""
    SELECT p.id, p.points, COALESCE(a.points, 0) AS posted
    FROM participation p
    LEFT JOIN (
        SELECT line_id, SUM(points) AS points FROM (
            SELECT CAST(SUBSTR(reference, 15) AS INTEGER) AS line_id, amount_points AS points
            FROM transfer WHERE kind = 'award' AND reference LIKE 'participation:%'
            UNION ALL
            SELECT participation_id, points_after - points_before FROM correction
            WHERE is_approved AND transfer_id IS NOT NULL
        ) AS moved GROUP BY line_id
    ) AS a ON a.line_id = p.id
    WHERE COALESCE(a.points, 0) <> CASE WHEN p.state = 'settled' THEN p.points ELSE 0 END
""")
_CORRECTED = sa.text("""
    SELECT c.id, c.points_after - c.points_before AS difference, COALESCE(SUM(m.points), 0) AS posted
    FROM correction c
    LEFT JOIN (
        SELECT reference, CASE WHEN kind = 'award' THEN amount_points ELSE -amount_points END AS points
        FROM transfer WHERE kind IN ('award', 'reversal') AND reference LIKE 'correction:%'
    ) AS m ON m.reference = 'correction:' || c.id OR m.reference LIKE 'correction:' || c.id || '/%'
    WHERE c.transfer_id IS NOT NULL
    GROUP BY c.id, c.points_after, c.points_before HAVING COALESCE(SUM(m.points), 0) <> c.points_after - c.points_before
""")
_TOTALS = sa.text("""
    SELECT a.owner_id, a.service_minutes, a.activities,
        COALESCE(p.minutes, 0) AS served_minutes, COALESCE(p.activities, 0) AS served
    FROM account a
    LEFT JOIN (
        SELECT member_id, SUM(minutes) AS minutes, SUM(CASE WHEN minutes > 0 THEN 1 ELSE 0 END) AS activities
        FROM participation WHERE state = 'settled' GROUP BY member_id
    ) AS p ON p.member_id = a.owner_id
    WHERE a.kind = 'member'
        AND (a.service_minutes <> COALESCE(p.minutes, 0) OR a.activities <> COALESCE(p.activities, 0))
""")
_STATES = sa.text("""
    SELECT p.id, p.state, a.state AS activity_state
    FROM participation p JOIN activity a ON a.id = p.activity_id
    WHERE a.state || ':' || p.state NOT IN (
        'logged:logged', 'logged:held', 'logged:rejected', 'under_notice:under_notice', 'under_notice:frozen',
        'under_notice:rejected', 'settled:settled', 'settled:frozen', 'settled:rejected', 'rejected:rejected',
        'returned:rejected'
    ) AND NOT (a.state = 'settled' AND p.settles_at IS NOT NULL)
""")
_UNKNOWN = sa.text("""
    SELECT t.id, t.reference FROM transfer t
    WHERE t.kind = 'award' AND t.reference LIKE 'participation:%'
        AND NOT EXISTS (SELECT 1 FROM participation p WHERE p.id = CAST(SUBSTR(t.reference, 15) AS INTEGER))
""")
_FROZEN = sa.text("""
    SELECT p.id, p.state, COUNT(f.id) AS causes
    FROM participation p
    LEFT JOIN participation_freeze f ON f.participation_id = p.id AND f.thawed_at IS NULL
    WHERE p.state = 'frozen' OR p.id IN (SELECT participation_id FROM participation_freeze WHERE thawed_at IS NULL)
    GROUP BY p.id, p.state
    HAVING (p.state = 'frozen') <> (COUNT(f.id) > 0) AND p.state NOT IN ('logged', 'held', 'rejected')
""")
_OBJECTIONS = sa.text("""
    SELECT o.id, p.state, CASE WHEN o.resolved_at IS NULL THEN 'open' ELSE 'decided' END AS stands
    FROM objection o
    JOIN participation p ON p.id = o.participation_id
    LEFT JOIN participation_freeze f ON f.cause = 'objection:' || o.id AND f.thawed_at IS NULL
    WHERE (o.resolved_at IS NULL AND p.state NOT IN ('settled', 'rejected')) <> (f.id IS NOT NULL)
""")


CHECKS = (
    query_check("awards", _POSTED, "participation {id} is worth {points}, the ledger posted {posted}"),
    query_check("corrections", _CORRECTED, "correction {id} changed {difference}, the ledger posted {posted}"),
    query_check(
        "lifetime totals",
        _TOTALS,
        "member {owner_id} has {service_minutes} min in {activities} activities, served {served_minutes} in {served}",
    ),
    query_check("states of lines", _STATES, "participation {id} is {state} in an activity that is {activity_state}"),
    query_check("frozen lines", _FROZEN, "participation {id} is {state} with {causes} open causes of being frozen"),
    query_check("objections", _OBJECTIONS, "objection {id} is {stands}, its line is {state}"),
    query_check("known causes", _UNKNOWN, "transfer {id} is for {reference}, which there is not"),
)
