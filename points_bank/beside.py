"""A second process beside this one, for what would keep a processor from those who are served, or needs both."""

import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any


class Beside:
    """A process that runs `work(pipe, *args)` and speaks over a pipe. It ends with who started it.

    `work` is a function of a module, since the process is a new interpreter: one that is forked off a process with
    threads may find a lock held for ever.
    """

    def __init__(self, work: Callable[..., None], *args: Any) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_run, args=(work, theirs, args), daemon=True)
        self._process.start()
        theirs.close()

    def send(self, message: Any) -> None:
        self._pipe.send(message)

    def receive(self) -> Any:
        """What it sends next. Raises `ChildProcessError` where it has ended."""
        try:
            return self._pipe.recv()
        except (EOFError, OSError) as error:
            raise ChildProcessError("a process beside this one ended before its work did") from error

    def close(self) -> None:
        """End it, whatever it is doing."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _run(work: Callable[..., None], pipe: Connection, args: tuple[Any, ...]) -> None:
    """In the new process. An interrupt from the keyboard is for who started it; nobody holds the pipe after that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, ConnectionError):
        work(pipe, *args)
