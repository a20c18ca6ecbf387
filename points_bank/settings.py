"""Every setting of a running bank, read from the environment (prefix `POINTS_BANK_`); units stand in the names.

What differs from district to district (points, caps, notice, limits) is not here but in the rule set.
"""

import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Literal, Self
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from points_bank.errors import message

_ON_A_SERVER = re.compile(
    r"""postgresql://
    (?: [^@/?\#\[\]]* @ )?                      # who signs in; every other character of a password is escaped
    (?P<hosts> HOST (?: , HOST )* )
    / (?P<name> [^@/?\#]+ ) (?: \? [^\#]* )?   # the database's name, and what else libpq may know
    """.replace("HOST", r"(?: \[ [0-9A-Fa-f:.%]+ (?: %25 \w+ )? \] | [^@/?\#\[\]:,]* ) (?: : \d{1,5} )?"),
    re.VERBOSE | re.ASCII,
)
_NOT_IN_A_URL = re.compile(r"[\s\x00-\x1f\x7f]|%(?![0-9A-Fa-f]{2})|%00")


class Environment(StrEnum):
    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class DatabaseKind(StrEnum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class FlagThresholds(BaseModel):
    """From where on something about a sheet looks odd to the approver: `POINTS_BANK_FLAGS__EQUAL_PEOPLE` and so on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    night_from_hour: int = Field(default=22, ge=0, le=23)
    night_until_hour: int = Field(default=6, ge=0, le=23)
    equal_people: int = Field(default=6, ge=2)
    """As many people with exactly the same minutes, each at least `equal_minutes`."""
    equal_minutes: int = Field(default=180, ge=1)
    share_percent: int = Field(default=60, ge=1, le=100)
    """The share of one of several recorders in a branch's lines of `share_days`, where there are `share_lines`."""
    share_lines: int = Field(default=20, ge=1)
    share_days: int = Field(default=28, ge=1, le=366)
    near_cap_percent: int = Field(default=90, ge=1, le=100)
    fast_seconds: int = Field(default=120, ge=1)
    """Several sheets entered within that time, with `fast_minutes` of service together."""
    fast_minutes: int = Field(default=300, ge=1)


class Settings(BaseSettings):
    # What was given is not shown where it is refused: keys and passwords are among it.
    model_config = SettingsConfigDict(
        env_prefix="POINTS_BANK_", env_nested_delimiter="__", env_ignore_empty=True, frozen=True,
        hide_input_in_errors=True,
    )  # fmt: skip

    environment: Environment = Environment.PRODUCTION
    database_url: str = "sqlite:///points_bank.db"
    """`sqlite:///FILE`, or `postgresql://USER@HOST/NAME` with all that libpq takes in a URL."""
    time_zone: str = "Asia/Shanghai"
    clock: AwareDatetime | None = None
    key_file: Path | None = None
    """Where the bank's keys are kept, made on first use. By default beside the file that is the bank, and for one on a
    server `NAME.key` in the folder it is served from: every process that serves it needs the same."""
    keys: SecretStr | None = None
    """The bank's keys themselves, instead of a file: the secret, and then `NUMBER:KEY` for each key for encrypting."""

    readers: int = Field(default=3, ge=1, le=64)
    """Connections that read at the same time."""
    writers: int = Field(default=10, ge=1, le=64)
    """Connections that write at the same time to PostgreSQL. A file has one writer, which is faster alone."""
    queue_limit_acts: int = Field(default=2_000, ge=1)
    """Writes that may wait; one more is refused as busy."""
    queue_wait_seconds: float = Field(default=5.0, gt=0)
    """How long a write may wait to be begun before it is refused as busy."""
    patience_seconds: float = Field(default=1.0, gt=0)
    """How long a part of an import or of the timetable lets desks go before it."""
    batch_limit_acts: int = Field(default=128, ge=1)
    """Acts that share one commit."""
    act_limit_seconds: float = Field(default=10.0, gt=0)
    """How long one act may compute inside the database before it is ended and refused as busy."""
    commit_limit_seconds: float = Field(default=10.0, gt=0)
    """How long a commit on a server may take, on a disk or with a standby that is slow, before whoever asked is told
    that the bank is busy. It is kept all the same once the standby has it."""
    lock_wait_seconds: float = Field(default=10.0, gt=0)
    """How long to wait for another process that holds the database's write lock."""
    position_seconds: float | None = Field(default=None, ge=0)
    """How old a transfer is before its number counts as a position in the ledger; see `position_delay`. On
    PostgreSQL no less than that reckons, but for tests."""
    timetable_seconds: int = Field(default=20, ge=1, le=60)
    """How often the clock asks the books what is due."""
    behind_tls: bool = False
    """Whether browsers reach the bank over TLS only: cookies and HSTS then say so."""
    body_wait_seconds: float = Field(default=60.0, gt=0)
    """How long a request's body may take to come."""
    head_wait_seconds: float = Field(default=30.0, gt=0)
    """How long a connection is kept that asks for nothing, or has not asked to the end of the headers."""
    answer_wait_seconds: float = Field(default=60.0, gt=0)
    """How long an answer may stand still because the caller does not take it."""
    body_limit_bytes: int = Field(default=4_000_000, ge=1_000)
    import_limit_bytes: int = Field(default=48_000_000, ge=1_000)
    """The largest file that can be imported."""
    import_unpacked_limit_bytes: int = Field(default=400_000_000, ge=1_000)
    """The largest a workbook may be once it is unpacked."""
    import_limit_rows: int = Field(default=1_048_576, ge=1)
    """The most rows a file may have; as many as a sheet of Excel."""
    refused_rows_days: int = Field(default=90, ge=1, le=3650)
    """How long the refused rows of an import are kept to be corrected."""
    looks_seconds: float = Field(default=1.0, gt=0, le=60)
    """For how long who looked at whom is gathered before it is written down."""
    looks_kept_days: int = Field(default=1_096, ge=183, le=36_500)
    """How long it is known who looked at whom."""
    lookups_an_hour: int = Field(default=6_000, ge=1)
    """How many people searches may show a member of staff in an hour."""
    closed_kept_days: int = Field(default=1_096, ge=1, le=36_500)
    """How long after closing a passbook it is still known whose it was."""
    messages_kept_days: int = Field(default=731, ge=31, le=36_500)
    """How long what members were told is kept."""
    sessions_kept_days: int = Field(default=90, ge=1, le=3_650)
    """How long sessions and tokens are kept after they ran out."""
    token_cache_seconds: float = Field(default=3.0, ge=0, le=5)
    """How long a process may go on believing a token that was revoked elsewhere."""
    sign_in_tries: int = Field(default=5, ge=1)
    """Wrong passwords or PINs allowed within `sign_in_window_minutes`."""
    sign_in_window_minutes: int = Field(default=15, ge=1)

    log_format: LogFormat = LogFormat.TEXT
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    access_log: bool = False
    """Whether every request has a line in the log, with its route, its acts and who asked by number."""
    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    """What whoever reads `/metrics` sends as a bearer token; without one there are no figures."""
    tracing: bool = False
    """Whether requests and acts are traced; needs the extra `telemetry`, which has settings of its own."""
    job_lag_limit_seconds: float = Field(default=900, gt=0)
    """How late a job may be before the bank calls itself not ready."""
    disk_free_limit_bytes: int = Field(default=200_000_000, ge=0)
    """How little room the disk may have left before the bank calls itself not ready."""

    flags: FlagThresholds = FlagThresholds()

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        is_file = value.startswith("sqlite:///") and len(value) > len("sqlite:///")
        if not is_file and not _is_on_a_server(value):
            raise ValueError(
                message(
                    "write sqlite:///FILE or postgresql://USER@HOST/NAME, and in a password %40 for @, %3A for :, "
                    "%2F for /, %3F for ?, %23 for # and %25 for %"
                )
            )
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(message("name a time zone such as Asia/Shanghai")) from error
        return value

    @model_validator(mode="after")
    def _clock_is_not_moved_in_production(self) -> Self:
        if self.clock is not None and self.environment is Environment.PRODUCTION:
            raise ValueError(message("POINTS_BANK_CLOCK is refused in production"))
        return self

    @model_validator(mode="after")
    def _positions_wait_for_acts(self) -> Self:
        is_served = self.database_kind is DatabaseKind.POSTGRESQL and self.environment is not Environment.TEST
        if is_served and self.position_delay < 2 * self.act_lifetime:
            raise ValueError(
                message(
                    "POINTS_BANK_POSITION_SECONDS is less than acts may take on PostgreSQL; leave it out, and it is "
                    "reckoned"
                )
            )
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def database_kind(self) -> DatabaseKind:
        return DatabaseKind(self.database_url.partition(":")[0])

    @property
    def position_delay(self) -> timedelta:
        """After this time no transfer can still come in before one that is seen, nor one posted before an instant.

        In a file acts write one after the other. On PostgreSQL an act that took its number first may be committed last.
        It lives as long as it may compute, then as long as its last statement may take, then until it is committed; and
        whoever took a number before it lives as long again. `Transaction.settled_at` reckons with commits that take
        longer.
        """
        if self.position_seconds is not None:
            return timedelta(seconds=self.position_seconds)
        if self.database_kind is DatabaseKind.SQLITE:
            return timedelta()
        return 2 * self.act_lifetime

    @property
    def act_lifetime(self) -> timedelta:
        """How long an act's transaction is open at most, as long as nothing holds up its commit."""
        return timedelta(seconds=2 * self.act_limit_seconds + self.commit_limit_seconds)

    @property
    def answer_limit_seconds(self) -> float:
        """How long whoever asked waits for an act that was begun; after that nobody knows whether it was kept."""
        return self.act_limit_seconds + self.commit_limit_seconds

    @property
    def database_path(self) -> Path:
        """The file that the bank is in. A bank on a server has none."""
        assert self.database_kind is DatabaseKind.SQLITE, "only a bank in a file has a path"
        return Path(self.database_url.removeprefix("sqlite:///"))

    @property
    def place(self) -> str:
        """Where the bank is, for people: its file, or its name on a server, without who signs in there and how."""
        if self.database_kind is DatabaseKind.SQLITE:
            return str(self.database_path)
        return f"{_part_of(self.database_url, 'hosts') or 'PostgreSQL'}/{_name_in(self.database_url)}"

    @property
    def data_folder(self) -> Path | None:
        """The folder of the file that the bank is in; None for a bank on a server."""
        return self.database_path.parent if self.database_kind is DatabaseKind.SQLITE else None

    @property
    def key_path(self) -> Path:
        if self.key_file is not None:
            return self.key_file
        if self.database_kind is DatabaseKind.POSTGRESQL:
            return Path(f"{_name_in(self.database_url)}.key")
        return self.database_path.with_name(self.database_path.name + ".key")

    @property
    def key_text(self) -> str | None:
        """The bank's keys where they come from the environment."""
        return None if self.keys is None else self.keys.get_secret_value()


def _is_on_a_server(url: str) -> bool:
    """Whether libpq will read the URL as it is meant, so that it never says something of a password about it.

    It takes what stands before the first @ for who signs in, and shows the rest where it finds no host there.
    """
    if _NOT_IN_A_URL.search(url) or not _ON_A_SERVER.fullmatch(url):
        return False
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        return True  # without the extra there is no connection that could say anything
    try:
        conninfo_to_dict(url)
    except ProgrammingError:
        return False
    return True


def _name_in(url: str) -> str:
    """The name of the database on a server."""
    return unquote(_part_of(url, "name"))


def _part_of(url: str, part: str) -> str:
    found = _ON_A_SERVER.fullmatch(url)
    assert found is not None, "it was looked at when the settings were read"
    return found[part]
