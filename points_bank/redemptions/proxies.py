"""Proxies at the desk: who is authorised on paper collects one order for a member."""

import sqlalchemy as sa
from msgspec.structs import replace

from points_bank.actor import Actor, Task
from points_bank.columns import given, table_of
from points_bank.errors import ProxyLimit, ProxyUsed
from points_bank.members.models import Proxy
from points_bank.members.proxies import ProxyLine, proxies_of, proxy_in_force
from points_bank.outbox import MessageKind, tell
from points_bank.redemptions.models import Redemption, RedemptionState
from points_bank.transaction import Transaction

REDEMPTION, PROXY = table_of(Redemption), table_of(Proxy)

_PAPERS_USED = (
    sa.select(PROXY.c.name, PROXY.c.authorised_on, PROXY.c.paper_reference)
    .join_from(PROXY, REDEMPTION, REDEMPTION.c.proxy_id == PROXY.c.id)
    .where(*given(PROXY, "member_id"), REDEMPTION.c.state == RedemptionState.COLLECTED)
)
_COLLECTED = (
    sa.select(REDEMPTION.c.id)
    .join_from(PROXY, REDEMPTION, REDEMPTION.c.proxy_id == PROXY.c.id)
    .where(
        # A paper that was ended and written down anew is still the same paper.
        *given(PROXY, "member_id", "name", "authorised_on", "paper_reference"),
        REDEMPTION.c.state == RedemptionState.COLLECTED,
    )
    .limit(1)
)


def check_proxy(tx: Transaction, proxy_id: int, *, member_id: int, points: int) -> None:
    """Whether a proxy may collect an order of so many points for a member, with their account locked.

    An order that was cancelled can be collected anew. Refuses `not_found`, `proxy_ended`, `proxy_used`, and
    `redemption_limit` with `limit` = `proxy`.
    """
    proxy = proxy_in_force(tx, proxy_id, member_id=member_id)
    paper = {"authorised_on": proxy.authorised_on, "paper_reference": proxy.paper_reference}
    if tx.maybe(_COLLECTED, member_id=member_id, name=proxy.name, **paper) is not None:
        raise ProxyUsed
    if points > proxy.limit_points:
        raise ProxyLimit(limit="proxy", limit_quantity=proxy.limit_points, used_quantity=0, asked_quantity=points)


def proxies_as_used(tx: Transaction, member_id: int, *, task: Task = Task.READ_MEMBERS, by: Actor) -> list[ProxyLine]:
    """Whom a member authorised, past and present; a paper with which something was collected is not in force."""
    lines = proxies_of(tx, member_id, task=task, by=by)
    used = {tuple(row) for row in tx.all(_PAPERS_USED, member_id=member_id)}
    return [
        replace(line, is_in_force=False) if (line.name, line.authorised_on, line.paper_reference) in used else line
        for line in lines
    ]


def tell_of_proxy(tx: Transaction, redemption_id: int, *, member_id: int, points: int) -> None:
    """Let the member know what was collected for them."""
    about = f"redemption:{redemption_id}"
    tell(tx, member_id=member_id, kind=MessageKind.COLLECTED_BY_PROXY, about=about, figures={"points": points})
