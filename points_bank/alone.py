"""One process at a time, for what two would do wrong together."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone_in(folder: Path, *, otherwise: Exception) -> Iterator[None]:
    """Only one process at a time is in here for a folder; the system lets go when it ends, however it ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise otherwise from error
    finally:
        os.close(descriptor)
