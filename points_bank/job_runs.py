"""What happens once per period: a job claims a period by inserting it, in the act that writes the result."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import given, instant, table_of
from points_bank.transaction import Transaction


class JobRun(SQLModel, table=True):
    """A job done for a period: `publish:3`, `2026-11`. Two claims of the same cannot both be kept."""

    __tablename__ = "job_run"

    job: str = Field(primary_key=True, max_length=40)
    period: str = Field(primary_key=True, max_length=32)
    due_at: datetime = instant()
    ran_at: datetime = instant()


_RUNS = table_of(JobRun)
_FIND = sa.select(_RUNS.c.ran_at).where(*given(_RUNS, "job", "period"))
_CLAIM = sa.insert(_RUNS)


def claim(tx: Transaction, job: str, period: str, *, due_at: datetime) -> bool:
    """Whether this act is the one to do it; False when it was done before."""
    if tx.maybe(_FIND, job=job, period=period) is not None:
        return False
    tx.run(_CLAIM, job=job, period=period, due_at=due_at, ran_at=tx.now)
    return True
