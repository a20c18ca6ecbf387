"""`points-bank staff` and `points-bank token`."""

import httpx
import pytest

from tests.cli.conftest import Command

LIN = ("staff", "create", "--login", "lin", "--name", "林主任", "--role", "administrator", "--branch")


@pytest.fixture
def with_lin(opened: Command) -> Command:
    """The command on a bank with an administrator called lin."""
    said = opened.told(*LIN, "LX", "--password-stdin", stdin="correct horse\n")
    assert said == "林主任 can sign in as lin."
    return opened


def status(url: str, token: str) -> int:
    return httpx.get(f"{url}/api/v1/staff", headers={"Authorization": f"Bearer {token}"}).status_code


def test_staff_made_here_sign_in_and_work_with_tokens_until_those_are_revoked(with_lin: Command) -> None:
    created = with_lin.told("token", "create", "--login", "lin")
    assert created.startswith("pb_")
    assert len(created.split()) == 1
    _, url = with_lin.serve(POINTS_BANK_TOKEN_CACHE_SECONDS="0")
    signed_in = httpx.post(f"{url}/api/v1/staff-tokens", json={"login": "lin", "password": "correct horse"})
    tokens = [created, signed_in.json()["token"]]
    assert [status(url, token) for token in tokens] == [200, 200]
    assert with_lin.told("token", "revoke", "--token-stdin", stdin=f"{tokens[0]}\n") == "Tokens ended: 1."
    assert [status(url, token) for token in tokens] == [401, 200]
    assert with_lin.refused("token", "revoke", "--token-stdin", stdin=f"{tokens[0]}\n") == "Not found."
    assert with_lin.told("token", "revoke", "--login", "lin") == "Tokens ended: 1."
    assert [status(url, token) for token in tokens] == [401, 401]


def test_a_token_is_good_for_its_scopes_only(with_lin: Command) -> None:
    narrow = with_lin.told("token", "create", "--login", "lin", "--scope", "read_members", "--scope", "read_rewards")
    _, url = with_lin.serve()
    headers = {"Authorization": f"Bearer {narrow}", "Idempotency-Key": "1"}
    with httpx.Client(base_url=f"{url}/api/v1", headers=headers) as program:
        assert program.get("/members", params={"q": "李"}).status_code == 200
        assert program.get("/rewards").status_code == 200
        assert [program.get(path).status_code for path in ("/staff", "/activities", "/audit")] == [403] * 3
        registered = program.post("/members", json={"name": "李娜", "branch_id": 1})
        assert (registered.status_code, registered.json()["code"]) == (403, "forbidden")
    assert "'read_me' is not one of" in with_lin("token", "create", "--login", "lin", "--scope", "read_me").stderr


def test_what_makes_no_sense_is_refused_and_makes_nobody(with_lin: Command) -> None:
    said = with_lin.refused(*LIN, "LX", "--password-stdin", stdin="correct horse\n")
    assert said == "Please check what was entered. login: This login is taken."
    other = [each.replace("lin", "li") for each in LIN]
    assert "branch: There is no branch" in with_lin.refused(*other, "XX", "--password-stdin", stdin="correct horse\n")
    said = with_lin.refused(*other, "LX", "--password-stdin", stdin="short\n", LANG="zh_CN.UTF-8")
    assert said == "请检查填写的内容。 password: 密码应为 10 至 200 个字符。"
    assert "login: Nobody has this login." in with_lin.refused("token", "create", "--login", "li")
    assert "days: A number of days from 1 to 3650" in with_lin.refused("token", "create", "--login", "lin", "--days=0")


def test_a_scope_that_is_never_the_holders_is_refused(with_lin: Command) -> None:
    tan = [each.replace("lin", "tan").replace("administrator", "clerk") for each in LIN]
    with_lin.told(*tan, "LX", "--password-stdin", stdin="correct horse\n")
    said = with_lin.refused("token", "create", "--login", "tan", "--scope", "administer")
    assert said == (
        "Please check what was entered. scope: None of this person's rights is good for the task administer."
    )


def test_a_new_password_and_shutting_out_from_the_command_line(with_lin: Command) -> None:
    tan = [each.replace("lin", "tan").replace("林主任", "谭姐").replace("administrator", "clerk") for each in LIN]
    with_lin.told(*tan, "LX", "--password-stdin", stdin="correct horse\n")
    token = with_lin.told("token", "create", "--login", "tan")
    _, url = with_lin.serve(POINTS_BANK_TOKEN_CACHE_SECONDS="0")

    def signs_in(password: str) -> bool:
        sent = {"login": "tan", "password": password}
        return httpx.post(f"{url}/api/v1/staff-tokens", json=sent).status_code == 201

    assert "10 to 200" in with_lin.refused("staff", "password", "--login", "tan", "--password-stdin", stdin="short\n")
    said = with_lin.told("staff", "password", "--login", "tan", "--password-stdin", stdin="　ｂａｔｔｅｒｙ staple \n")
    assert said == "tan has a new password, and is signed in nowhere any more."
    assert status(url, token) == 401
    assert [signs_in(each) for each in ("correct horse", "battery staple")] == [False, True]
    assert with_lin.told("staff", "disable", "--login", "tan") == "tan cannot sign in any more."
    assert not signs_in("battery staple")
    assert with_lin.told("staff", "enable", "--login", "tan") == "tan can sign in again."
    assert signs_in("battery staple")
    assert "There has to be somebody else" in with_lin.refused("staff", "disable", "--login", "lin")
    for command in ("password", "disable", "enable"):
        assert "login: Nobody has this login." in with_lin.refused("staff", command, "--login", "li", stdin="x" * 12)
