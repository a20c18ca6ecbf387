"""Connections to callers: one that asks for nothing, or does not take its answer, is closed after a while."""

import asyncio
import resource
from functools import cache
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from points_bank.settings import Settings

MOST_FILES = 65_536


class BoundedConnection(H11Protocol):
    """uvicorn waits for the head of a request, and for an answer to be taken, as long as the caller likes."""

    _until_asked: asyncio.TimerHandle | None = None
    _until_taken: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._until_asked, self._until_taken):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait_for_request()

    def shutdown(self) -> None:
        """The server begins to stop. It answers what was asked for, and a stream would be an answer for a minute."""
        super().shutdown()
        self.loop.call_soon(self._end_streams)  # a request that came just now is with the application by then

    def _end_streams(self) -> None:
        scope: Any = self.scope
        if scope is not None and "litestar_app" in scope:
            scope["litestar_app"].state.streams.end()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._until_taken = self.loop.call_later(_settings().answer_wait_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._until_taken is not None:
            self._until_taken.cancel()

    def _wait_for_request(self) -> None:
        if self._until_asked is not None:
            self._until_asked.cancel()
        self._until_asked = self.loop.call_later(_settings().head_wait_seconds, self._end_unless_asked)

    def _end_unless_asked(self) -> None:
        """A request under way has bounds of its own; the next one is waited for when it is answered."""
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete:
            self.transport.abort()


def allow_many() -> None:
    """Have as many connections as the system lets us; many a shell allows 1,024 if nobody asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


@cache
def _settings() -> Settings:
    return Settings()
