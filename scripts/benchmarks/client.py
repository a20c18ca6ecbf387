"""The load: keep-alive connections that each send their next request when the last is answered, from a process apart.

It speaks just enough HTTP for the answers of the servers measured here. A client library would need more of the
processor than the bank does, and so measure itself.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

PATIENCE_SECONDS = 120
"""How long after its end a measurement may take to be over."""


@dataclass(frozen=True)
class Request:
    """A request to be sent again and again; `{m}` in path and body is one of `members`, in turn.

    A keyed one has a new key each time.
    """

    method: str
    path: str
    token: str
    body: str = ""
    is_keyed: bool = False
    members: Sequence[int] = (0,)

    def rendered(self, first: int) -> Iterator[bytes]:
        """The bytes of one request after another, counting from `first`."""
        assert self.members, "somebody is asked about"
        for number in range(first, 2**62):
            member = str(self.members[number % len(self.members)])
            body = self.body_of(number, member).encode()
            head = [
                f"{self.method} {self.path.replace('{m}', member)} HTTP/1.1",
                "Host: 127.0.0.1",
                f"Authorization: Bearer {self.token}",
                "Accept: application/json",
            ]
            if self.is_keyed:
                head.append(f"Idempotency-Key: benchmark-{number}")
            if body:
                head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
            yield "\r\n".join([*head, "", ""]).encode() + body

    def body_of(self, number: int, member: str) -> str:
        return self.body.replace("{m}", member)


@dataclass(slots=True)
class Load:
    """What was measured: how many requests were answered well in how many seconds, and how long each took."""

    seconds: float
    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    first_refusal: str = ""

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds if not self.refused else 0.0


class Client:
    """A process that makes load. `measure` blocks until it is done."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        self._numbers = 1

    def measure(self, port: int, request: Request, *, clients: int, seconds: float) -> Load:
        """Load a server for some seconds. Raises where it refuses anything: refusals are quick, and no measure."""
        asked = self._pool.submit(_make_load, port, request, self._numbers, clients, seconds)
        load: Load = asked.result(seconds + PATIENCE_SECONDS)
        # Far more than could have been sent, and no round figure, so that no key and no sheet is sent twice.
        self._numbers += 10_001_003
        if load.refused or not load.latencies:
            raise RuntimeError(f"{load.refused} refused at {request.path}: {load.first_refusal}")
        return load

    def close(self) -> None:
        self._pool.shutdown()


def percentile(latencies: Iterable[float], percent: float) -> float:
    """In the unit of what is given; of nothing 0."""
    ordered = sorted(latencies)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


def _make_load(port: int, request: Request, first: int, clients: int, seconds: float) -> Load:
    return asyncio.run(_load(port, request.rendered(first), clients, seconds))


async def _load(port: int, requests: Iterator[bytes], clients: int, seconds: float) -> Load:
    loop, load = asyncio.get_running_loop(), Load(seconds)
    ends_at = time.perf_counter() + seconds
    # Rendered here first, where a mistake in it ends the measurement.
    next(requests)
    callers = [
        (await loop.create_connection(lambda: _Caller(requests, load, ends_at), "127.0.0.1", port))[1]
        for _ in range(clients)
    ]
    started = time.perf_counter()
    await asyncio.gather(*(caller.is_done for caller in callers))
    load.seconds = time.perf_counter() - started
    return load


class _Caller(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, sends the next."""

    def __init__(self, requests: Iterator[bytes], load: Load, ends_at: float) -> None:
        self._requests, self._load, self._ends_at = requests, load, ends_at
        self._answer = b""
        self.is_done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, content = self._answer.partition(b"\r\n\r\n")
        if not found or len(content) < _content_length(head):
            return
        self._count(head, content)
        self._answer = b""
        if time.perf_counter() < self._ends_at:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_done.done():
            self.is_done.set_result(None)

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._requests))

    def _count(self, head: bytes, content: bytes) -> None:
        if head[9:10] == b"2":
            self._load.latencies.append(time.perf_counter() - self._sent_at)
            return
        self._load.refused += 1
        self._load.first_refusal = self._load.first_refusal or content.decode(errors="replace")


def _content_length(head: bytes) -> int:
    place = head.lower().find(b"content-length:")
    assert place >= 0, "every server measured here says how long its answer is"
    return int(head[place + 15 :].split(b"\r\n", 1)[0])
