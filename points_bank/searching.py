"""Searching for people from a page or the API: how many somebody is shown in an hour is counted, and limited."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from points_bank.actor import Actor
from points_bank.watching import Looks
from points_bank.web import Asking

T = TypeVar("T")


async def search(
    request: Asking,
    way: Callable[..., Awaitable[Any]],
    act: Callable[..., T],
    *args: Any,
    by: Actor,
    people: Callable[[Any], int] = len,
    **kwargs: Any,
) -> T:
    """Run an act that finds people by what was typed; `way` is the database's read or write, and `people` tells how
    many its answer shows. Refuses `too_many_tries`."""
    looks: Looks = request.app.state.looks
    await looks.require_measure(by)
    answer: T = await way(act, *args, by=by, **kwargs)
    looks.found(people(answer), by=by)
    return answer
