"""Where the banks of tests are: made, copied and thrown away, as files or as databases of a server."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import psycopg

from points_bank.settings import Environment, Settings
from points_bank.tables import metadata
from tests.postgres import Cluster


class Banks(Protocol):
    """`new` and `copied` give the settings of a bank that is there until the block ends; its key is in the folder.

    What is copied may be open, as long as nobody writes into it meanwhile.
    """

    def new(self, folder: Path, **more: Any) -> "Context": ...

    def copied(self, source: Settings, folder: Path, **more: Any) -> "Context": ...

    def content_of(self, settings: Settings) -> bytes:
        """Everything that is stored of a bank, as it is stored."""


class Context(Protocol):
    def __enter__(self) -> Settings: ...

    def __exit__(self, *args: Any) -> bool | None: ...


class Files:
    """Banks in files, thrown away with their folders."""

    @contextmanager
    def new(self, folder: Path, **more: Any) -> Iterator[Settings]:
        yield _settings(f"sqlite:///{folder / 'bank.db'}", **more)

    @contextmanager
    def copied(self, source: Settings, folder: Path, **more: Any) -> Iterator[Settings]:
        with self.new(folder, **more) as settings:
            files = source.database_path, settings.database_path
            with closing(sqlite3.connect(files[0])) as here, closing(sqlite3.connect(files[1])) as there:
                here.backup(there)
            shutil.copy(source.key_path, settings.key_path)
            yield settings

    def content_of(self, settings: Settings) -> bytes:
        database = settings.database_path
        files = (database, database.with_name(f"{database.name}-wal"))
        return b"".join(file.read_bytes() for file in files if file.exists())


class Databases:
    """Banks on a server, each a database of its own. `owner` tells those of one process from those of another."""

    def __init__(self, cluster: Cluster, owner: str) -> None:
        self._cluster = cluster
        self._names = (f"{owner}_{number}" for number in count())

    def new(self, folder: Path, *, locale: str = "", **more: Any) -> Context:
        """`locale` says how it sorts text if not by its bytes, in the words of CREATE DATABASE."""
        return self._made("template0", folder, locale=locale, **more)

    @contextmanager
    def copied(self, source: Settings, folder: Path, **more: Any) -> Iterator[Settings]:
        template = source.database_url.partition("@/")[2].partition("?")[0]
        self._cluster.cut(template)
        with self._made(template, folder, **more) as settings:
            shutil.copy(source.key_path, settings.key_path)
            yield settings

    def content_of(self, settings: Settings) -> bytes:
        with psycopg.connect(settings.database_url, options="-c bytea_output=escape") as connection:
            texts = [
                text
                for table in metadata.sorted_tables
                for (text,) in connection.execute(f'SELECT each::text FROM "{table.name}" AS each'.encode())
            ]
        return "\n".join(texts).encode()

    @contextmanager
    def _made(self, template: str, folder: Path, *, locale: str = "", **more: Any) -> Iterator[Settings]:
        name = next(self._names)
        self._cluster.make(name, template=template, locale=locale)
        try:
            # As few connections as acts need to run side by side: each costs a process of the server. And much time,
            # because a machine that runs tests is a busy one. Tests await what they write before they look at it.
            bounds = {
                "key_file": folder / "bank.key",
                "writers": 3,
                "readers": 2,
                "act_limit_seconds": 60,
                "position_seconds": 0,
            }
            yield _settings(self._cluster.url(name), **bounds | more)
        finally:
            self._cluster.drop(name)


def _settings(url: str, **more: Any) -> Settings:
    return Settings(database_url=url, **{"environment": Environment.TEST} | more)
