"""Which cards a member is served by: the active one, and one of a passbook that was merged into theirs."""

import sqlalchemy as sa

from points_bank.columns import table_of
from points_bank.members.models import Card, CardState, MemberMerger

CARD, MERGER = table_of(Card), table_of(MemberMerger)
OWN_CARD = CARD.alias("own_card")

_ENDED_BY_MERGING = sa.exists().where(
    MERGER.c.leads_to_id == CARD.c.member_id,
    MERGER.c.merged_at == CARD.c.ended_at,
    OWN_CARD.c.member_id == CARD.c.member_id,
    OWN_CARD.c.state == CardState.ACTIVE,
    OWN_CARD.c.issued_at <= CARD.c.ended_at,
)
IS_IN_FORCE = sa.or_(
    CARD.c.state == CardState.ACTIVE, sa.and_(CARD.c.state == CardState.REPLACED, _ENDED_BY_MERGING)
).label("is_in_force")
"""A column. A card that ended because its passbook was merged is good for as long as the card that stayed active then:
whoever reports a loss or takes a new card is served by the new one alone.
"""
