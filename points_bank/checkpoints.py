"""Checkpoints: copying what was committed from SQLite's write-ahead log into the database file, beside the writer."""

import logging
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

log = logging.getLogger(__name__)

CHANGES_BETWEEN_CHECKPOINTS = 2_000
"""So many rows that were changed are worth a copy."""

LARGEST_LOG_PAGES = 8_000
"""From 32 MB on the writer makes the copy itself: whatever is written meanwhile, the log begins anew after that."""


class Checkpointer:
    """A thread with a connection of its own that copies when it is told that enough was changed.

    SQLite leaves it to whoever commits to make the copy every 1,000 pages: on a large file, whose pages are written all
    over, that keeps a desk waiting for 30 to 80 ms every few commits. Nothing depends on this thread: what it has not
    copied yet is on disk in the log, and the writer bounds the log.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._wanted = threading.Event()
        self._is_closing = False
        self._copied_at = 0
        self._thread = threading.Thread(target=self._run, name="checkpointer", daemon=True)

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Finish the copy that is under way."""
        self._is_closing = True
        self._wanted.set()
        self._thread.join()

    def committed(self, total_changes: int) -> None:
        """Tell how many rows the writer has changed so far, in all."""
        if total_changes - self._copied_at >= CHANGES_BETWEEN_CHECKPOINTS:
            self._copied_at = total_changes
            self._wanted.set()

    def _run(self) -> None:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as raw:
            while self._wanted.wait() and not self._is_closing:
                self._wanted.clear()
                try:
                    # Passive: it waits for nobody, and copies as far as no reader still needs the old pages.
                    raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                except sqlite3.Error:
                    log.exception("what was written stays in the write-ahead log for now")
