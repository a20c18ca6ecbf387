"""A large file read in a process of its own, so that reading it takes no time from whoever writes, and from no desk."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from points_bank.beside import Beside
from points_bank.errors import Invalid, ReadingEnded
from points_bank.imports.incoming import File, FileHere, Part, Reading
from points_bank.imports.pace import MOST_PARTS
from points_bank.imports.workbook import unpacked_bytes

BESIDE_FROM_BYTES = 400_000
"""A smaller file is read before a process has started."""
UNPACKED_BESIDE_FROM_BYTES = 10 * BESIDE_FROM_BYTES
PARTS_AHEAD = MOST_PARTS + 8
"""How far reading may be ahead of writing: the next step, and the beginning of the one after it."""


def open_file(reading: Reading) -> File:
    """Open a file, where it is or beside. Refuses `invalid` what is no such file, and says why."""
    is_small = len(reading.content) < BESIDE_FROM_BYTES and unpacked_bytes(reading.content) < UNPACKED_BESIDE_FROM_BYTES
    return FileHere(reading) if is_small else FileBeside(reading)


class _Refusal(msgspec.Struct, frozen=True):
    """What the reading process refuses, as this one raises it."""

    problems: dict[str, str]
    values: dict[str, Any]


class FileBeside:
    """A file that a process of its own reads, some parts ahead. Where that process ends, `ReadingEnded` is raised.

    Its parts are read to their end before they are asked for again.
    """

    def __init__(self, reading: Reading) -> None:
        self._reader = Beside(_read, reading)
        self._receiver, self._coming = ThreadPoolExecutor(1), deque[Future[Any]]()
        try:
            self.head = self._next()
        except BaseException:
            self.close()
            raise

    def parts(self, *, done: int = 0) -> Iterator[Part]:
        self._reader.send(done)
        while (part := self._next()) is not None:
            yield part

    def close(self) -> None:
        self._reader.close()
        self._receiver.shutdown(cancel_futures=True)

    def _next(self) -> Any:
        """What the process sends next, for which somebody is always waiting."""
        while len(self._coming) < PARTS_AHEAD:
            self._coming.append(self._receiver.submit(self._reader.receive))
        try:
            received = self._coming.popleft().result()
        except ChildProcessError as error:
            raise ReadingEnded from error
        if isinstance(received, _Refusal):
            raise Invalid(received.problems, **received.values)
        return received


def _read(pipe: Connection, reading: Reading) -> None:
    """In the reading process: the head of the file, then each time it is asked the parts, and None after the last."""
    try:
        file = FileHere(reading)
        pipe.send(file.head)
        while True:
            for part in file.parts(done=pipe.recv()):
                pipe.send(part)
            pipe.send(None)
    except Invalid as refusal:
        pipe.send(_Refusal(refusal.fields, refusal.values))
