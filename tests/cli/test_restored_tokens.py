"""Who could come in when a backup was made cannot in the bank that is restored from it."""

import json
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Command, in_environment
from tests.cli.test_people import status, with_lin

__all__ = ["with_lin"]


def sign_in(url: str) -> str:
    answer = httpx.post(f"{url}/api/v1/staff-tokens", json={"login": "lin", "password": "correct horse"})
    token: str = answer.json()["token"]
    return token


@pytest.mark.only("sqlite", "backups are copies of a file")
def test_a_restored_bank_knows_nobody_who_was_signed_in(with_lin: Command, tmp_path: Path) -> None:
    revoked, good = (with_lin.told("token", "create", "--login", "lin") for _ in "12")
    with_lin.told("backup", "copy.db", "--with-key")
    with_lin.told("token", "revoke", "--token-stdin", stdin=revoked)
    there = with_lin.settings.model_copy(update={"database_url": f"sqlite:///{tmp_path}/there.db", "key_file": None})
    restored = Command(with_lin.folder, with_lin.env | in_environment(there), there)
    said = restored.told("restore", "copy.db")
    assert "Tokens and sessions ended: 2. Everybody signs in again, and programs need new tokens." in said
    try:
        _, url = restored.serve(POINTS_BANK_TOKEN_CACHE_SECONDS="0")
        new = sign_in(url)
        assert [status(url, token) for token in (revoked, good, new)] == [401, 401, 200]
    finally:
        restored.end()
    (tmp_path / "there.db").unlink()
    assert json.loads(restored.told("restore", "copy.db", "--json"))["ended_tokens"] == 2


def test_everybody_is_signed_out_at_once(with_lin: Command) -> None:
    """As after a server's own `pg_restore`, which the bank does not see."""
    token = with_lin.told("token", "create", "--login", "lin")
    _, url = with_lin.serve(POINTS_BANK_TOKEN_CACHE_SECONDS="0")
    session = sign_in(url)
    assert with_lin.told("token", "revoke", "--all") == "Tokens ended: 2."
    assert [status(url, each) for each in (token, session)] == [401, 401]
    assert with_lin.told("token", "revoke", "--all") == "Tokens ended: 0."
    assert with_lin("token", "revoke", "--all", "--login", "lin").returncode == 2
