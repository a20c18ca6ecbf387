"""`points-bank serve`: it is healthy, does what is due, and stops as it is told to."""

import re
import signal
import socket
import time

import httpx
import pytest

from tests.cli.conftest import Command

pytestmark = pytest.mark.thorough


def test_an_empty_database_is_migrated_and_served_until_it_is_stopped(command: Command) -> None:
    process, url = command.serve()
    assert httpx.get(f"{url}/api/v1/branches").status_code == 401
    assert "server" not in httpx.get(f"{url}/health").headers
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_several_processes_serve_one_bank(opened: Command) -> None:
    process, url = opened.serve("--workers", "2")
    assert {httpx.get(f"{url}/health").status_code for _ in range(20)} == {200}
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_several_processes_tell_the_figures_of_all(opened: Command) -> None:
    token = "figures-for-the-collector"
    _, url = opened.serve("--workers", "2", POINTS_BANK_METRICS_TOKEN=token)
    for _ in range(20):
        assert httpx.get(f"{url}/boards").status_code == 200
    told = httpx.get(f"{url}/metrics", headers={"Authorization": f"Bearer {token}"}).text
    assert 'points_bank_request_seconds_count{method="GET",route="/boards",status="200"} 20.0' in told


def test_two_servers_of_one_bank_share_keys_tries_and_what_was_revoked(opened: Command) -> None:
    create = ("staff", "create", "--login", "lin", "--name", "林主任", "--role", "administrator", "--branch", "LX")
    opened.told(*create, "--password-stdin", stdin="correct horse\n")
    token = opened.told("token", "create", "--login", "lin")
    urls = [opened.serve()[1] for _ in range(2)]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "one-key-for-both"}
    branch = {"code": "A", "name": "银宇小区", "kind": "estate", "parent_id": 1}
    first, second = [httpx.post(f"{url}/api/v1/branches", json=branch, headers=headers) for url in urls]
    assert (first.status_code, second.status_code, second.json()) == (201, 201, first.json())
    assert second.headers["Idempotency-Replayed"] == "true"

    wrong = {"login": "lin", "password": "wrong horse"}
    tries = [httpx.post(f"{urls[number % 2]}/api/v1/staff-tokens", json=wrong).status_code for number in range(8)]
    assert set(tries) == {401, 429}
    assert httpx.post(f"{urls[0]}/api/v1/staff-tokens", json=wrong).status_code == 429
    assert httpx.post(f"{urls[1]}/api/v1/staff-tokens", json=wrong).status_code == 429

    assert [httpx.get(f"{url}/api/v1/branches", headers=headers).status_code for url in urls] == [200, 200]
    opened.told("token", "revoke", "--login", "lin")
    dead_at_latest = time.monotonic() + 5
    while (answers := [httpx.get(f"{url}/api/v1/branches", headers=headers).status_code for url in urls]) != [401, 401]:
        assert time.monotonic() < dead_at_latest, answers
        time.sleep(0.2)


def test_a_session_ended_at_one_server_is_dead_at_the_other(opened: Command) -> None:
    create = ("staff", "create", "--login", "lin", "--name", "林主任", "--role", "administrator", "--branch", "LX")
    opened.told(*create, "--password-stdin", stdin="correct horse\n")
    urls = [opened.serve()[1] for _ in range(2)]
    with httpx.Client() as here, httpx.Client() as there:
        for browser in (there, here):
            signed_in(browser, urls[0])
        # Both servers know both by now, and go on believing so for seconds.
        assert [statuses(each, urls) for each in (here, there)] == [[200, 200], [200, 200]]
        page = here.get(f"{urls[0]}/sessions").text
        (other,) = set(re.findall(r'action="(/sessions/\d+/end)"', page))
        assert here.post(f"{urls[0]}{other}", data=hidden_in(page)).status_code == 303
        dead_at_latest = time.monotonic() + 5
        while (answers := statuses(there, urls)) != [303, 303]:
            assert time.monotonic() < dead_at_latest, answers
            time.sleep(0.2)
        assert statuses(here, urls) == [200, 200]


def signed_in(browser: httpx.Client, url: str) -> None:
    typed = {"login": "lin", "password": "correct horse"}
    answer = browser.post(f"{url}/sign-in/staff", data=hidden_in(browser.get(f"{url}/sign-in?staff=true").text) | typed)
    assert answer.status_code == 303


def hidden_in(page: str) -> dict[str, str]:
    """The hidden fields of the first form of a page."""
    return {name: re.findall(f'name="{name}" value="([^"]+)"', page)[0] for name in ("form_proof", "form_key")}


def statuses(browser: httpx.Client, urls: list[str]) -> list[int]:
    return [browser.get(f"{url}/sessions").status_code for url in urls]


def test_a_port_that_is_taken_ends_with_a_failure(command: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = command.refused("serve", "--port", str(port))
    assert said.startswith(f"127.0.0.1:{port} cannot be listened at: ")
