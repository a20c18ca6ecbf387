"""Who a token stands for, remembered for seconds."""

import time

from points_bank.actor import Actor
from points_bank.database import Database
from points_bank.staff.sessions import actor_of_session
from points_bank.staff.tokens import actor_of_token


class Callers:
    """Tokens seen within the last seconds, so that a busy desk does not ask the database who it is at every step."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: dict[tuple[bytes, bool], tuple[float, Actor]] = {}

    async def find(self, digest: bytes, *, is_session: bool) -> Actor | None:
        """Who a token stands for, by its hash; None for one that is not good, or, asked for a session, is none."""
        asked = (digest, is_session)
        seen = self._seen.get(asked)
        if seen and time.monotonic() < seen[0]:
            return seen[1]
        actor = await self._database.glance(actor_of_session if is_session else actor_of_token, digest)
        if actor is None:
            self._seen.pop(asked, None)
            return None
        if len(self._seen) > 10_000:
            self._seen.clear()
        self._seen[asked] = (time.monotonic() + self._database.settings.token_cache_seconds, actor)
        return actor

    def forget(self) -> None:
        """Ask anew from now on: a token or a right has just been taken away."""
        self._seen.clear()
