"""What every command does: open the bank that the settings name, print plainly, end in one sentence when it fails."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NoReturn, TypeVar

import pydantic
import rich_click as click
from click.exceptions import Exit

from points_bank.backup import NotKept
from points_bank.database import Database
from points_bank.errors import Invalid, PointsBankError, message
from points_bank.i18n import Language, tell, tell_fields, translate
from points_bank.keys import FIRST_KEY, KeyMissing, KeysUnreadable, NotOwnFile, OtherKey
from points_bank.migrations import is_there
from points_bank.migrations.mismatch import HalfMoved, SchemaMismatch
from points_bank.settings import Settings

T = TypeVar("T")

DRIVERS = {"psycopg", "sqlite3"}
"""Whose errors are told as they are. The first is an extra, which need not be there."""

HALF_MOVED = message(
    "A bank is being moved in here and is not whole yet: repeat points-bank import --all with the same file."
)

KEY_MISSING = message(
    "Key {number} of this bank is missing here: put it into the key file (or POINTS_BANK_KEYS), from the machine where "
    "the keys were changed."
)
OTHER_KEY = message(
    "What stands in the key file (or POINTS_BANK_KEYS) as key {number} is not this bank's: replace it by that of the "
    "machine where the keys were changed."
)
OTHER_SECRET = message("The secret in the key file (or POINTS_BANK_KEYS) is not the one of this bank.")
NOT_OWN_FILE = message(
    "{path} belongs to another account, which could not read it any more: repeat the command as that one, or as root."
)

as_json = click.option("--json", "is_json", is_flag=True, help="Print JSON.")


class Commands(click.RichGroup):
    """Ends with one sentence and status 1, whatever went wrong in whichever command."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, Exit):
            raise
        except BrokenPipeError:
            # Whoever reads has seen enough (`| head`); what would still be written goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except Exception as error:
            if ctx.params["traceback"]:
                raise
            end(_told(error))


def in_bank(work: Callable[[Database], Awaitable[T]], *, settings: Settings | None = None, may_make: bool = False) -> T:
    """Open the bank that the settings name and do something in it; only with `may_make` one that is not there yet."""
    known = settings or Settings()
    if not may_make and not is_there(known):
        end(sentence(message("There is no bank at {path}; points-bank init makes one."), path=known.place))

    async def opened() -> T:
        async with Database(known) as bank:
            return await work(bank)

    return asyncio.run(opened())


def say(text: str, **values: Any) -> None:
    click.echo(sentence(text, **values))


def sentence(text: str, **values: Any) -> str:
    """In the language of the terminal."""
    return translate(text, spoken(), **values)


def print_json(content: Any) -> None:
    click.echo(json.dumps(content, ensure_ascii=False, indent=2))


def instant(at: datetime, settings: Settings) -> str:
    """By the district's clock."""
    return at.astimezone(settings.zone).isoformat(timespec="seconds")


def end(text: str) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(1)


def _told(error: Exception) -> str:
    if isinstance(error, PointsBankError):
        return _refusal(error)
    if isinstance(error, pydantic.ValidationError):
        return sentence(message("Please check the settings: {problems}."), problems=_settings_problems(error))
    if isinstance(error, NotKept):
        return sentence(error.told, **error.values)
    if isinstance(error, HalfMoved):
        return sentence(HALF_MOVED)
    if isinstance(error, SchemaMismatch | KeysUnreadable):
        return f"{error}."
    if isinstance(error, KeyMissing):
        return sentence(KEY_MISSING, number=error.number)
    if isinstance(error, OtherKey):
        return sentence(OTHER_SECRET if error.number == FIRST_KEY else OTHER_KEY, number=error.number)
    if isinstance(error, NotOwnFile):
        return sentence(NOT_OWN_FILE, path=error.filename)
    if isinstance(error, FileNotFoundError) and error.filename:
        return sentence(message("There is no file or folder for {path}."), path=error.filename)
    if isinstance(error, ImportError) and _is_of_the_driver(error):
        return sentence(message("A bank on PostgreSQL needs its driver: scripts/setup postgres installs it."))
    fault = getattr(error, "orig", error)  # SQLAlchemy's errors carry the driver's
    if isinstance(fault, OSError) or type(fault).__module__.partition(".")[0] in DRIVERS:
        return sentence(message("The database could not be used: {reason}."), reason=" ".join(str(fault).split()))
    reason = f"{type(error).__name__}: {error}"
    return sentence(
        message("Something unexpected went wrong ({reason}). points-bank --traceback shows where."), reason=reason
    )


def _is_of_the_driver(error: ImportError) -> bool:
    """Whether psycopg, one of its parts, or the libpq that it needs is missing; the last one names nothing."""
    return (error.name or "").partition(".")[0] == "psycopg" or "pq wrapper" in str(error)


def _refusal(refusal: PointsBankError) -> str:
    """With what is wrong about each field, in one line."""
    parts = [tell(refusal, spoken())]
    if isinstance(refusal, Invalid):
        parts += [f"{name}: {text}" for name, text in tell_fields(refusal, spoken()).items()]
    return " ".join(parts)


def _settings_problems(error: pydantic.ValidationError) -> str:
    """Each setting by the name of its variable. What concerns several names them itself."""
    problems = []
    for each in error.errors(include_url=False, include_input=False):
        said = sentence(each["msg"].removeprefix("Value error, "))
        variable = f"POINTS_BANK_{str(each['loc'][0]).upper()}" if each["loc"] else ""
        problems.append(sentence(message("{variable}: {said}"), variable=variable, said=said) if variable else said)
    return "; ".join(problems)


def spoken() -> Language:
    """Chinese where the environment asks for it, English otherwise."""
    name = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return Language.CHINESE if name.lower().startswith("zh") else Language.ENGLISH
