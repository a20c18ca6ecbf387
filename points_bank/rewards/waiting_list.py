"""Waiting lists: who waits at a desk for a reward that is sold out, told in the order in which they joined.

Nothing is held for who was told: it goes to who comes first, as everything at a desk does. Here nobody has a name; who
joins is asked in the folder `waiting`.
"""

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from points_bank.columns import given, table_of
from points_bank.outbox import MessageKind, News, tell_each
from points_bank.rewards.desks import DeskLine
from points_bank.rewards.models import Reward, Waiting, WaitingState
from points_bank.transaction import Transaction

WAITING, REWARD = table_of(Waiting), table_of(Reward)


# Written out instead of bound: only so does SQLite see that its index of open places will do.
IS_OPEN = WAITING.c.state.in_([sa.literal_column(f"'{state}'") for state in (WaitingState.WAITING, WaitingState.TOLD)])
"""Whoever is in line, told or not."""
_NAME = sa.select(REWARD.c.name).where(*given(REWARD, "id"))
_FIRST = (
    sa.select(WAITING.c.id, WAITING.c.member_id)
    .where(*given(WAITING, "desk_id", "reward_id"), WAITING.c.state == WaitingState.WAITING)
    .order_by(WAITING.c.id)
    .limit(sa.bindparam("most"))
)
_TOLD = (
    sa.update(WAITING)
    .where(WAITING.c.id == sa.bindparam("waiting_id"))
    .values(state=WaitingState.TOLD, told_at=sa.bindparam("now"))
)
_SERVED = (
    sa.update(WAITING)
    .where(
        WAITING.c.member_id == sa.bindparam("whose"),
        WAITING.c.reward_id.in_(sa.bindparam("reward_ids", expanding=True)),
        IS_OPEN,
    )
    .values(state=WaitingState.SERVED, ended_at=sa.bindparam("now"))
)


def tell_waiting(tx: Transaction, desk: DeskLine, came: Mapping[int, int]) -> None:
    """Tell as many of those in line as goods came to a desk's shelf, by reward; the first in front."""
    for reward_id, quantity in came.items():
        first = tx.all(_FIRST, desk_id=desk.id, reward_id=reward_id, most=quantity) if quantity > 0 else []
        if first:
            about, figures = f"reward:{reward_id}", {"reward": tx.scalar(_NAME, id=reward_id), "desk": desk.name}
            tell_each(tx, [News(row.member_id, MessageKind.GOODS_BACK, about, figures) for row in first])
            tx.many(_TOLD, [{"waiting_id": row.id, "now": tx.now} for row in first])


def end_waiting(tx: Transaction, member_id: int, reward_ids: Collection[int]) -> None:
    """Whoever was served waits no longer for that reward, at whichever desk."""
    tx.run(_SERVED, whose=member_id, reward_ids=sorted(reward_ids), now=tx.now)
