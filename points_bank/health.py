"""Whether the bank lives, whether it can serve, and its figures: for whoever runs it."""

import asyncio
import hmac
import logging
import shutil
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get

from points_bank.database import Database
from points_bank.encryption import require_keys
from points_bank.errors import NotFound
from points_bank.keys import KeyMissing, OtherKey
from points_bank.migrations import HEAD
from points_bank.scheduler import lags
from points_bank.tables import metadata
from points_bank.transaction import Transaction
from points_bank.web import Asking, database_of

log = logging.getLogger(__name__)

READY_WITHIN_SECONDS = 2.0
"""Whoever asks sends no more requests here when there is no answer by then."""

_REVISION = sa.text("SELECT version_num FROM alembic_version")
_SAME = sa.text("UPDATE alembic_version SET version_num = version_num")
_NOTHING = [sa.delete(table).where(sa.false()) for table in metadata.sorted_tables]
"""Of no row of any table. A server that lets nobody write to one of them has this wait as well."""


class Readiness(msgspec.Struct, frozen=True):
    """`checks` say of each thing whether it is as it should be, or what is wrong with it."""

    status: str
    checks: dict[str, str]


@get("/health", include_in_schema=False, sync_to_thread=False)
def health() -> dict[str, str]:
    """The process lives and answers. Where this fails, start it anew."""
    return {"status": "ok"}


@get("/ready", include_in_schema=False)
async def ready(request: Asking) -> Response[Readiness]:
    """Whether requests should be sent here: 200, or 503 with what is wrong. Where this fails, look what it says."""
    checks = await check_readiness(database_of(request))
    is_ready = set(checks.values()) == {"ok"}
    return Response(
        Readiness("ready" if is_ready else "not ready", checks), status_code=200 if is_ready else 503,
        headers={"Cache-Control": "no-store"},
    )  # fmt: skip


@get("/metrics", include_in_schema=False)
async def metrics(request: Asking) -> Response[Any]:
    """The figures, for who sends the token of `POINTS_BANK_METRICS_TOKEN`; without that there are none."""
    token = database_of(request).settings.metrics_token
    sent = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token is None or not hmac.compare_digest(sent.encode(), token.get_secret_value().encode()):
        raise NotFound
    text = await request.app.state.figures.text()
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8", headers={"Cache-Control": "no-store"})


async def check_readiness(database: Database) -> dict[str, str]:
    """What must be well for requests to be served, each `ok` or what is wrong."""
    checks = dict.fromkeys(("database", "migrations", "keys", "jobs", "disk", "writing"), "ok")
    checks["disk"] = _disk(database)
    try:
        async with asyncio.timeout(READY_WITHIN_SECONDS):
            revision, lag, checks["keys"] = await database.read(_look)
    except Exception as error:
        log.warning("not ready: the database cannot be read", exc_info=error)
        return checks | {
            "database": f"cannot be read: {type(error).__name__}",
            "migrations": "unknown",
            "keys": "unknown",
            "jobs": "unknown",
        }
    if revision != HEAD:
        checks["migrations"] = f"at {revision}, not {HEAD}"
    if lag > database.settings.job_lag_limit_seconds:
        checks["jobs"] = f"{lag:.0f} s late"
    if not database.is_writing:
        checks["writing"] = await _try_to_write(database)
    return checks


async def _try_to_write(database: Database) -> str:
    """After a failure, which is over when somebody next writes: where nobody is sent, nobody would."""
    try:
        async with asyncio.timeout(READY_WITHIN_SECONDS):
            await database.write(_write_nothing_new)
    except Exception as error:
        return f"cannot be written: {type(error).__name__}"
    return "ok"


def _look(tx: Transaction) -> tuple[str, float, str]:
    """The schema's revision, for how many seconds the job that is latest has been due, and what is wrong with keys."""
    return tx.scalar(_REVISION), max(lags(tx).values()), _keys(tx)


def _keys(tx: Transaction) -> str:
    try:
        require_keys(tx)
    except (KeyMissing, OtherKey) as error:
        return str(error)
    return "ok"


def _write_nothing_new(tx: Transaction) -> None:
    for each in _NOTHING:
        tx.run(each)
    tx.run(_SAME)


def _disk(database: Database) -> str:
    folder = database.settings.data_folder
    free = shutil.disk_usage(folder).free if folder is not None else None
    if free is None or free >= database.settings.disk_free_limit_bytes:
        return "ok"
    return f"{free // 1_000_000} MB free"


HEALTH: list[Any] = [health, ready, metrics]
