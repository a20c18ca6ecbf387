"""Signing: the community signs its report of a month, then the town, then the district, all on the same figures."""

from datetime import datetime

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch, BranchKind
from points_bank.branches.tree import BranchLine, below, branch_seen
from points_bank.columns import given, table_of
from points_bank.errors import AlreadySigned, Invalid, NotSignedBelow, message
from points_bank.reports.closing import CloseLine, NotClosed, find_close
from points_bank.reports.models import ReportFigure, ReportSignature
from points_bank.reports.reading import closed_report
from points_bank.transaction import Transaction

BRANCH, FIGURE, SIGNATURE = table_of(Branch), table_of(ReportFigure), table_of(ReportSignature)

SIGNING = (BranchKind.COMMUNITY, BranchKind.SUBDISTRICT, BranchKind.DISTRICT)
"""Who signs, from below upward. Estates, buildings and hub households are in their community's report."""

DOES_NOT_SIGN = message("Communities, towns and the district sign; this branch is in its community's report.")


class SignedReport(msgspec.Struct, frozen=True):
    """A signature, with the hash of what was signed."""

    month: str
    branch_id: int
    signed_at: datetime
    content_hash: str


_ADD = sa.insert(SIGNATURE)
_SIGNED = sa.select(SIGNATURE.c.id).where(*given(SIGNATURE, "close_id", "branch_id"))
_INNER = BRANCH.alias()
_UNSIGNED_BELOW = (
    sa.select(BRANCH.c.code)
    .where(
        below(BRANCH.c.path),
        BRANCH.c.path != sa.bindparam("path"),
        BRANCH.c.kind.in_(SIGNING),
        ~sa.exists().where(SIGNATURE.c.branch_id == BRANCH.c.id, *given(SIGNATURE, "close_id")),
        sa.exists().where(
            FIGURE.c.branch_id == _INNER.c.id, _INNER.c.path.startswith(BRANCH.c.path), *given(FIGURE, "close_id")
        ),
    )
    .order_by(BRANCH.c.code)
    .limit(1)
)


def sign_report(tx: Transaction, month: str, *, branch_id: int, by: Actor) -> SignedReport:
    """Sign the report of a closed month for a branch, as the bank has it: no figure is sent along.

    Refuses `invalid` a branch that does not sign, `not_found` a month that is not closed, `already_signed`, and
    `not_signed_below` while a branch below that has figures in the month has not signed.
    """
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.SIGN_REPORTS, branch.path)
    if branch.kind not in SIGNING:
        raise Invalid({"branch_id": DOES_NOT_SIGN})
    close = find_close(tx, month)
    if close is None:
        raise NotClosed(month=month)
    if tx.maybe(_SIGNED, close_id=close.id, branch_id=branch.id) is not None:
        raise AlreadySigned
    _refuse_before_those_below(tx, close, branch)
    digest = closed_report(tx, close, branch).content_hash
    tx.run(
        _ADD, close_id=close.id, branch_id=branch.id, signed_by_id=by.staff_id, signed_at=tx.now, content_hash=digest
    )
    audit.note(tx, by, f"month_close:{close.id}", f"branch:{branch.id}")
    return SignedReport(close.period, branch.id, tx.now, digest)


def _refuse_before_those_below(tx: Transaction, close: CloseLine, branch: BranchLine) -> None:
    code = tx.scalar(_UNSIGNED_BELOW, path=branch.path, close_id=close.id)
    if code is not None:
        raise NotSignedBelow(branch_code=code)
