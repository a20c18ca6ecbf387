"""A served bank at work, in whose middle a fault comes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from points_bank.settings import Settings
from tests.faults.figures import Tally, tally
from tests.faults.load import Load, all_kept, prepare
from tests.faults.served import Served, free_port, served


@dataclass(frozen=True)
class Work:
    server: Served
    load: Load
    counted: Tally


@asynccontextmanager
async def at_work(
    fault: str, settings: Settings, log: Path, *, by: Sequence[str] = (), **environment: str
) -> AsyncIterator[Work]:
    """Clerks are at work while the block breaks something, and go on when it ends. Then all must be there.

    `fault` is its name in the figures; `by` and `environment` are for the server.
    """
    port = free_port()
    load = await prepare(settings, f"http://127.0.0.1:{port}")
    with tally(fault, settings, load) as counted, served(settings, port, log, by=by, **environment) as server:
        await server.until_healthy()
        async with load.running():
            yield Work(server, load, counted)
        counted.found = await all_kept(settings, load)


def assert_outages_told(work: Work) -> None:
    """The log says that nothing could be written, and that it is over."""
    for line in ("nothing can be written", "writing works again"):
        assert line in work.server.said, work.server.said[-10_000:]
