"""Settings as an environment gives them: what is empty, what the shipped file says, and an address that is none."""

import logging
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from points_bank.settings import LogFormat, Settings
from tests.cli.conftest import ROOT, Command

SECRET = "s3cre"
NO_PLACES = [
    f"postgresql://bank:{SECRET}%zzpw@127.0.0.1/points_bank",
    f"postgresql://bank:{SECRET}%00pw@127.0.0.1/points_bank",
    f"postgresql://bank:pw@{SECRET}@127.0.0.1/points_bank",
    f"postgresql://bank:{SECRET}/pw@127.0.0.1/points_bank",
    f"postgresql://bank:1/{SECRET}@127.0.0.1/points_bank",
    f"postgresql://bank:{SECRET}?pw@127.0.0.1/points_bank",
    f"postgresql://bank:{SECRET}#pw@127.0.0.1/points_bank",
    f"postgresql://bank:[{SECRET}@127.0.0.1/points_bank",
    f"postgresql://bank:{SECRET}]@127.0.0.1/points_bank",
    f"postgresql://bank:pw {SECRET}@127.0.0.1/points_bank",
    f"postgresql://bank:pw@127.0.0.1:{SECRET}/points_bank",
    f"postgresql://bank:pw@127.0.0.1:54,55,56:{SECRET}/points_bank",
    f"postgresql://bank:{SECRET}@127.0.0.1",
    f"postgres://bank:{SECRET}@127.0.0.1/points_bank",
    f"mysql://bank:{SECRET}@127.0.0.1/points_bank",
]
ONLY_THE_DRIVER_KNOWS = [
    f"postgresql://bank@127.0.0.1/points_bank?password={SECRET}&{SECRET}=1",
    f"postgresql://bank@127.0.0.1/points_bank?{SECRET}",
]
PLACES = [
    "postgresql://bank@127.0.0.1/points_bank",
    "postgresql://bank:p%40ss%2Fw%25rd@127.0.0.1:5433/points_bank?sslmode=require",
    "postgresql://bank@db1:5432,db2:5432/points_bank",
    "postgresql://bank@[::1]:5432,[fe80::1%25eth0]/points_bank",
    "postgresql://postgres@/points_bank?host=/var/run/postgresql&port=5433",
    "postgresql:///points_bank",
    "postgresql://bank@db1,[::1]/points_bank",
    "sqlite:////var/lib/points-bank/bank.db",
]
SENTENCE = (
    "Please check the settings: POINTS_BANK_DATABASE_URL: write sqlite:///FILE or postgresql://USER@HOST/NAME, and in "
    "a password %40 for @, %3A for :, %2F for /, %3F for ?, %23 for # and %25 for %."
)


@pytest.mark.parametrize("url", NO_PLACES + ONLY_THE_DRIVER_KNOWS)
def test_nothing_is_shown_of_a_database_url_that_is_none(command: Command, url: str) -> None:
    for call in (["serve"], ["init", "--code", "LX", "--name", "龙圩区"]):
        assert command.refused(*call, POINTS_BANK_DATABASE_URL=url) == SENTENCE
    chinese = command.refused("verify", POINTS_BANK_DATABASE_URL=url, LANG="zh_CN.UTF-8")
    assert chinese.startswith("请检查设置：POINTS_BANK_DATABASE_URL：请写")
    assert SECRET not in chinese
    shown = command("--traceback", "serve", POINTS_BANK_DATABASE_URL=url)
    assert (shown.returncode, SECRET in shown.stderr + shown.stdout) == (1, False)
    assert list(command.folder.iterdir()) == []


@pytest.mark.parametrize("url", NO_PLACES)
def test_without_the_driver_nothing_is_shown_either(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setitem(sys.modules, "psycopg.conninfo", None)
    with pytest.raises(ValidationError) as refused:
        Settings(database_url=url)
    assert SECRET not in str(refused.value) + repr(refused.value.__context__)


@pytest.mark.parametrize(
    "missing",
    [
        "raise ModuleNotFoundError(\"No module named 'psycopg'\", name='psycopg')",
        "raise ImportError('no pq wrapper available.')",
        "",  # a package of another kind, without the parts that the bank asks for
    ],
)
@pytest.mark.parametrize("call", [("serve",), ("verify",), ("migrate",)])
def test_without_the_driver_it_is_said_where_it_comes_from(command: Command, missing: str, call: tuple[str]) -> None:
    hidden = command.folder / "hidden"
    hidden.mkdir()
    (hidden / "psycopg.py").write_text(missing)
    url = "postgresql://bank@127.0.0.1:1/points_bank"
    ended = command.anew(*call, POINTS_BANK_DATABASE_URL=url, PYTHONPATH=f"{hidden}:{ROOT}")
    said = "A bank on PostgreSQL needs its driver: scripts/setup postgres installs it.\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", said)


@pytest.mark.parametrize("has_driver", [True, False])
@pytest.mark.parametrize("url", PLACES)
def test_what_libpq_takes_is_taken(monkeypatch: pytest.MonkeyPatch, url: str, has_driver: bool) -> None:
    if not has_driver:
        monkeypatch.setitem(sys.modules, "psycopg.conninfo", None)
    settings = Settings(database_url=url)
    assert settings.database_url == url
    assert settings.key_path.stem in {"points_bank", "bank.db"}
    assert "@" not in settings.place


async def test_a_log_shows_nothing_of_a_database_url_that_is_none(caplog: pytest.LogCaptureFixture) -> None:
    """Also where something reads the settings that is no command, and has its failure logged."""
    for url in NO_PLACES + ONLY_THE_DRIVER_KNOWS:
        try:
            Settings(database_url=url)
        except ValidationError:
            logging.getLogger(__name__).exception("it does not start")
    assert caplog.text.count("it does not start") == len(NO_PLACES + ONLY_THE_DRIVER_KNOWS)
    assert SECRET not in caplog.text


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Settings()
    for name in Settings.model_fields:
        monkeypatch.setenv(f"POINTS_BANK_{name.upper()}", "")
    monkeypatch.setenv("POINTS_BANK_FLAGS__EQUAL_PEOPLE", "")
    assert Settings() == plain


@pytest.mark.parametrize("seconds", ["0", "59"])
def test_positions_that_would_not_wait_for_acts_are_refused(command: Command, seconds: str) -> None:
    env = {"POINTS_BANK_DATABASE_URL": "postgresql:///points_bank", "POINTS_BANK_POSITION_SECONDS": seconds}
    for environment in ("production", "demo"):
        said = command.refused("verify", POINTS_BANK_ENVIRONMENT=environment, **env)
        assert said.startswith("Please check the settings: POINTS_BANK_POSITION_SECONDS is less than acts may take")
    assert Settings(database_url="postgresql:///points_bank", position_seconds=60).position_seconds == 60
    assert Settings(database_url="sqlite:///bank.db", position_seconds=0).position_seconds == 0


def test_the_shipped_settings_load_as_the_unit_loads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in shipped().items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.database_path == Path("/var/lib/points-bank/bank.db")
    assert (settings.log_format, settings.access_log, settings.behind_tls) == (LogFormat.JSON, True, True)
    assert settings.metrics_token is None


def test_a_bank_is_opened_with_the_shipped_settings(command: Command) -> None:
    env = shipped() | {"POINTS_BANK_DATABASE_URL": command.settings.database_url}
    assert "龙圩区 is open." in command.told("init", "--code", "LX", "--name", "龙圩区", **env)


def shipped() -> dict[str, str]:
    """The variables of docs/operating/settings, as systemd's EnvironmentFile reads them."""
    lines = (ROOT / "docs" / "operating" / "settings").read_text(encoding="utf-8").splitlines()
    said = [line.partition("=") for line in lines if line and not line.startswith(("#", ";"))]
    assert all(name.startswith("POINTS_BANK_") for name, _, _ in said)
    return {name: value for name, _, value in said}
