"""Clients that go away, come in thousands and do nothing, or speak and listen as slowly as they can."""

import asyncio
import json
import re
import resource
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from points_bank.settings import Settings
from tests.faults.figures import tally
from tests.faults.load import Load, all_kept, prepare
from tests.faults.served import Served, free_port, served
from tests.faults.work import at_work

pytestmark = [pytest.mark.thorough, pytest.mark.faults]

GONE, IDLE, SLOW = 300, 2_000, 50
LONGEST_WAIT_SECONDS = 10
"""Far more than anybody waits on a machine that does nothing else: it tells a delay from a standstill."""
MOST_MEMORY_BYTES = 100_000_000
"""What 2,000 connections may take at most; measured are 20 to 40 MB."""
FEW_FILES = ("prlimit", "--nofile=1024:8192")


async def test_a_client_that_is_gone_once_it_has_asked(settings: Settings, tmp_path: Path) -> None:
    """What it asked for happens once or not at all; asked again with the same key, it is told what happened."""
    port = free_port()
    load = await prepare(settings, f"http://127.0.0.1:{port}")
    with (
        tally("client gone after asking", settings, load) as counted,
        served(settings, port, tmp_path / "server.log") as server,
    ):
        await server.until_healthy()
        for number in range(GONE):
            with counted.attempt():
                await ask_and_go(port, exchange_in(load), stays_seconds=number % 30 / 2_000)
        gone = len(load.open_keys)
        async with load.running():
            await load.until_acknowledged(GONE)
        counted.found = await all_kept(settings, load)
    assert gone == GONE
    assert "Traceback" not in server.said


async def test_thousands_of_connections_that_ask_for_nothing(settings: Settings, tmp_path: Path) -> None:
    """Others are served meanwhile, also where the server was started with room for 1,024; then they are closed."""
    soon = {"POINTS_BANK_HEAD_WAIT_SECONDS": "15"}
    async with at_work(f"{IDLE:,} idle connections", settings, tmp_path / "server.log", by=FEW_FILES, **soon) as work:
        await work.load.until_acknowledged(50)
        before = memory_of(work.server)
        with work.counted.attempt():
            async with idle(urlsplit(work.load.url).port, IDLE) as readers:
                opened_at = time.monotonic()
                assert await work.load.recovery(opened_at) < LONGEST_WAIT_SECONDS
                await work.load.until_acknowledged(50)
                assert memory_of(work.server) - before < MOST_MEMORY_BYTES
                async with asyncio.timeout(60):
                    await asyncio.gather(*(until_closed(reader) for reader in readers))
            work.counted.recovered(await work.load.recovery(time.monotonic()))
    assert "Traceback" not in work.server.said


async def test_slow_clients(settings: Settings, tmp_path: Path) -> None:
    """A byte now and then, of headers, of a body, of an answer: each is cut off in time, and keeps nobody waiting."""
    limits = {f"POINTS_BANK_{what}_WAIT_SECONDS": "3" for what in ("HEAD", "BODY", "ANSWER")}
    async with at_work("slow clients", settings, tmp_path / "server.log", **limits) as work:
        await work.load.until_acknowledged(50)
        started_at, port = time.monotonic(), urlsplit(work.load.url).port
        head, body = b"GET /health HTTP/1.1\r\nHost: bank\r\nX-Slow: ", exchange_in(work.load)[:-30]
        ways = [partial(speak_slowly, port, head), partial(speak_slowly, port, body), partial(listen_slowly, port)]

        async def be_slow(way: Callable[[], Awaitable[None]]) -> None:
            with work.counted.attempt():
                await way()

        async with asyncio.TaskGroup() as group:
            for way in ways * SLOW:
                group.create_task(be_slow(way))
            assert await work.load.recovery(started_at + 1) < LONGEST_WAIT_SECONDS
        work.counted.recovered(await work.load.recovery(time.monotonic()))
    assert "Traceback" not in work.server.said


def exchange_in(load: Load) -> bytes:
    """An exchange as it goes over the wire, which nobody waits for."""
    headers, order = load.cut_off_request()
    body = json.dumps(order).encode()
    headers |= {"Host": "bank", "Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /api/v1/redemptions HTTP/1.1\r\n{lines}\r\n".encode() + body


async def ask_and_go(port: int | None, request: bytes, *, stays_seconds: float) -> None:
    """Send a whole request and be gone while it is read, carried out or answered."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    await asyncio.sleep(stays_seconds)
    writer.transport.abort()


@asynccontextmanager
async def idle(port: int | None, number: int) -> AsyncIterator[list[asyncio.StreamReader]]:
    """So many connections at once that say nothing."""
    with room_for(2 * number):
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(number)]
        try:
            yield [reader for reader, _ in opened]
        finally:
            for _, writer in opened:
                writer.transport.abort()
            await asyncio.sleep(0)


@contextmanager
def room_for(files: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], files), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def until_closed(reader: asyncio.StreamReader) -> None:
    with suppress(ConnectionError):
        while await reader.read(65_536):
            pass


async def speak_slowly(port: int | None, beginning: bytes) -> None:
    """A byte now and then after a beginning, until the bank has had enough."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(beginning)
    closed = asyncio.create_task(until_closed(reader))
    async with asyncio.timeout(30):
        while not closed.done():
            writer.write(b"a")
            await asyncio.sleep(0.2)
    writer.transport.abort()


async def listen_slowly(port: int | None) -> None:
    """Ask for something long over and over, and take next to nothing of it, until the bank has had enough."""
    with socket.socket() as small:
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        small.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(small, ("127.0.0.1", port))
        await loop.sock_sendall(small, b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: bank\r\n\r\n" * 20)
        with suppress(ConnectionError):
            async with asyncio.timeout(30):
                # What the system had taken over for it still comes after that; but nobody is there to be spoken to.
                while await loop.sock_recv(small, 1):  # it is the slowness that is meant
                    await loop.sock_sendall(small, b"\r\n")
                    await asyncio.sleep(0.2)


def memory_of(server: Served) -> int:
    """How many bytes of memory it has in use."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{server.process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1_024
