"""Figures for Prometheus: acts by outcome and time, commits, waiting, repeats, lateness of jobs, and the points.

Several processes that serve one bank share their figures in files (`PROMETHEUS_MULTIPROC_DIR`, which `serve` sets), so
that whichever of them is asked tells those of all.
"""

import logging
import os
import time

import sqlalchemy as sa
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from points_bank.columns import table_of
from points_bank.database import Database
from points_bank.errors import Busy
from points_bank.ledger.models import Account, AccountKind, Transfer
from points_bank.observing import ActSeen, Watcher
from points_bank.scheduler import lags
from points_bank.transaction import Transaction

disable_created_metrics()  # type: ignore[no-untyped-call]  # Prometheus leaves it untyped

log = logging.getLogger(__name__)

POINTS_KEPT_SECONDS = 300.0
"""The points of the whole bank are added up at most that often: with ten million transfers it takes a second or two."""

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
ACTS = (1, 2, 4, 8, 16, 32, 64, 128)

_TRANSFER, _ACCOUNT = table_of(Transfer), table_of(Account)
_BY_KIND = sa.select(_TRANSFER.c.kind, sa.func.sum(_TRANSFER.c.amount_points).label("points")).group_by(
    _TRANSFER.c.kind
)
_OWED = sa.select(sa.func.coalesce(sa.func.sum(_ACCOUNT.c.balance_points), 0)).where(
    _ACCOUNT.c.kind == AccountKind.MEMBER
)


class Figures(Watcher):
    """The figures of one process, in a registry of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._registry = registry = CollectorRegistry()
        self._added_up_at = float("-inf")
        self._acts = Histogram(
            "points_bank_act_seconds", "From asking for an act to its answer.", ["way", "act", "outcome"],
            buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self._requests = Histogram(
            "points_bank_request_seconds", "From a request to its answer.", ["method", "route", "status"],
            buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self._batches = Histogram(
            "points_bank_commit_acts", "Acts that shared a commit.", buckets=ACTS, registry=registry
        )
        self._repeats = Counter(
            "points_bank_act_repeats", "Acts run again because another came between.", ["act"], registry=registry
        )
        self._waiting = Gauge(
            "points_bank_waiting_acts", "Acts that wait to be written.", registry=registry, multiprocess_mode="livesum"
        )
        self._lag = _latest("job_lag_seconds", "For how long a job has been due.", registry, "job")
        self._points = _latest("points", "Points moved so far, by kind of transfer.", registry, "kind")
        self._owed = _latest("points_owed", "Points on members' accounts.", registry)

    def act_ended(self, seen: ActSeen) -> None:
        self._acts.labels(seen.way, seen.act, seen.outcome).observe(seen.seconds)

    def batch_written(self, acts: int) -> None:
        self._batches.observe(acts)

    def act_repeated(self, act: str) -> None:
        self._repeats.labels(act).inc()

    def request_ended(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, status).observe(seconds)

    async def text(self) -> bytes:
        """All figures as Prometheus reads them; what stands in the books is looked up first."""
        self._waiting.set(self._database.waiting_acts)
        for job, seconds in (await self._database.read(lags)).items():
            self._lag.labels(job).set(seconds)
        if time.monotonic() - self._added_up_at > POINTS_KEPT_SECONDS:
            self._added_up_at = time.monotonic()
            await self._add_up()
        return generate_latest(self._of_all_processes())

    async def _add_up(self) -> None:
        try:
            by_kind, owed = await self._database.read(points_so_far)
        except Busy:
            log.warning("the points could not be added up in time; the last sums stay")
            return
        for kind, points in by_kind.items():
            self._points.labels(kind).set(points)
        self._owed.set(owed)

    def _of_all_processes(self) -> CollectorRegistry:
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return self._registry
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # Prometheus leaves it untyped
        return registry


def _latest(name: str, about: str, registry: CollectorRegistry, *labels: str) -> Gauge:
    """What stands in the books: of several processes, whoever looked last is right."""
    return Gauge(f"points_bank_{name}", about, labels, registry=registry, multiprocess_mode="mostrecent")


def points_so_far(tx: Transaction) -> tuple[dict[str, int], int]:
    """The points moved since the bank was opened, by kind of transfer, and those that members have now."""
    by_kind = {row.kind.value: int(row.points) for row in tx.all(_BY_KIND)}
    return by_kind, int(tx.scalar(_OWED))
