"""One process at a time, for what two would do wrong together."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_within: ContextVar[frozenset[Path]] = ContextVar("_within", default=frozenset())


@contextmanager
def alone_in(folder: Path, *, otherwise: Exception) -> Iterator[None]:
    """Only one at a time is in here for a folder; the system lets go when its process ends, however it ends.

    Whoever is in may come in again further down, for what needs it by itself.
    """
    place = folder.resolve()
    if place in _within.get():
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    before = _within.set(_within.get() | {place})
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise otherwise from error
    finally:
        _within.reset(before)
        os.close(descriptor)
