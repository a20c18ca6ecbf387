"""Who a token stands for, remembered for seconds."""

import time

from points_bank.actor import Actor
from points_bank.database import Database
from points_bank.staff.tokens import actor_of_token


class Callers:
    """Tokens seen within the last seconds, so that a busy desk does not ask the database who it is at every step."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: dict[bytes, tuple[float, Actor]] = {}

    async def find(self, digest: bytes) -> Actor | None:
        """Who a token stands for, by its hash; None for a token that is not good."""
        seen = self._seen.get(digest)
        if seen and time.monotonic() < seen[0]:
            return seen[1]
        actor = await self._database.glance(actor_of_token, digest)
        if actor is None:
            self._seen.pop(digest, None)
            return None
        if len(self._seen) > 10_000:
            self._seen.clear()
        self._seen[digest] = (time.monotonic() + self._database.settings.token_cache_seconds, actor)
        return actor

    def forget(self) -> None:
        """Ask anew from now on: a token or a right has just been taken away."""
        self._seen.clear()
