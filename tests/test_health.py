"""What whoever runs the bank sees of it: whether it lives and serves, figures, and lines with a request's id."""

import json
import logging
import logging.config
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr

from points_bank.actor import Role
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.logs import log_config
from points_bank.observing import REQUEST, ActSeen, RequestSeen, Watcher
from points_bank.settings import LogFormat, Settings
from points_bank.tracing import Traces
from points_bank.transaction import Transaction
from tests.bank import TLS, Bank, Server, at
from tests.serving import serving

BOARD = {
    "name": "月榜",
    "period": "month",
    "measure": "points",
    "role": None,
    "population": "everyone",
    "top": 10,
    "publish_day": 5,
    "publish_time": "09:00",
    "objection_working_days": 3,
}
TOKEN = "figures-for-the-collector"


@pytest.fixture
async def watched(application: Litestar, settings: Settings, clock: Clock) -> AsyncIterator[Server]:
    """A bank that tells figures and logs every request."""
    more = {"metrics_token": SecretStr(TOKEN), "access_log": True}
    database = Database(settings.model_copy(update=more), clock)
    async with serving(application, database) as address:
        served = Server(await Bank.on(database), address)
        yield served
        await served.close()


async def asked(server: Server, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(verify=TLS) as client:
        return await client.get(server.url + path, headers=headers)


async def test_it_is_healthy_and_ready(server: Server) -> None:
    answer = await asked(server, "/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    answer = await asked(server, "/ready")
    checks = dict.fromkeys(("database", "migrations", "keys", "jobs", "disk", "writing"), "ok")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "checks": checks})


async def test_it_says_what_keeps_it_from_being_ready(application: Litestar, settings: Settings, clock: Clock) -> None:
    tight = settings.model_copy(update={"disk_free_limit_bytes": 10**18, "job_lag_limit_seconds": 60})
    database = Database(tight, clock)
    async with serving(application, database) as address:
        server = Server(await Bank.on(database), address)
        client = await server.as_staff(Role.ADMINISTRATOR)
        assert (await client.post("/leaderboards", json=BOARD | {"branch_id": server.bank.district.id})).is_success
        clock.set(at("2026-12-01 00:00"))
        answer = await asked(server, "/ready")
        await server.close()
        assert answer.status_code == 503
        checks = answer.json()["checks"]
        assert checks["database"] == checks["migrations"] == "ok"
        assert checks["jobs"].endswith(" s late")
        # A server looks after its own disk.
        assert checks["disk"].endswith(" MB free" if tight.data_folder is not None else "ok")


async def test_where_nobody_reads_figures_there_are_none(server: Server) -> None:
    for token in ("-", TOKEN, "None"):
        assert (await asked(server, "/metrics", Authorization=f"Bearer {token}")).status_code == 404


async def test_figures_are_for_who_has_the_token(watched: Server) -> None:
    for token in ("-", "x" * 16):
        assert (await asked(watched, "/metrics", Authorization=f"Bearer {token}")).status_code == 404


async def test_figures_tell_acts_requests_jobs_and_points(watched: Server) -> None:
    client = await watched.as_staff(Role.ADMINISTRATOR)
    made = {"name": "阿明", "branch_id": watched.bank.district.id, "consents": ["records"]}
    assert (await client.post("/members", json=made)).status_code == 201
    assert (await client.post("/members", json=made | {"name": " "})).status_code == 422
    assert (await client.post("/members", json=made | {"branch_id": 99})).status_code == 404
    text = (await asked(watched, "/metrics", Authorization=f"Bearer {TOKEN}")).text
    for line in (
        'points_bank_act_seconds_count{act="register_member",outcome="done",way="write"} 1.0',
        'points_bank_act_seconds_count{act="register_member",outcome="not_found",way="write"} 1.0',
        'points_bank_request_seconds_count{method="POST",route="/api/v1/members",status="201"} 1.0',
        'points_bank_request_seconds_count{method="POST",route="/api/v1/members",status="422"} 1.0',
        'points_bank_job_lag_seconds{job="seal"} 0.0',
        "points_bank_waiting_acts 0.0",
        "points_bank_points_owed 0.0",
    ):
        assert line in text.splitlines(), text


async def test_a_line_names_the_request_the_route_and_its_acts_and_no_person(
    watched: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="points_bank.access")
    client = await watched.as_staff(Role.ADMINISTRATOR)
    answer = await client.get("/members", params={"q": "欧阳小明"}, headers={"X-Request-Id": "abc-0123456789"})
    assert answer.headers["X-Request-Id"] == "abc-0123456789"
    [record] = [each for each in caplog.records if getattr(each, "route", "") == "/api/v1/members"]
    line = json.loads(_formatter(LogFormat.JSON).format(record))
    assert line["status"] == 200
    assert line["caller"].startswith("staff:")
    assert {each["outcome"] for each in line["acts"]} == {"done"}
    assert "find_members" in {each["act"] for each in line["acts"]}
    assert "欧阳" not in json.dumps(line, ensure_ascii=False)
    given = (await client.get("/members", params={"q": "zw"}, headers={"X-Request-Id": "no\tgood"})).headers
    assert len(given["X-Request-Id"]) == 16


async def test_an_answer_of_no_route_has_an_id_too_and_no_figure(watched: Server) -> None:
    for path, given in (("/nowhere", "abc-0123456789"), ("/api/v1/nowhere", "abc-0123456789"), ("/nowhere", "-")):
        answer = await asked(watched, path, **{"X-Request-Id": given})
        assert answer.status_code == 404
        assert answer.headers.get_list("X-Request-Id") == [answer.headers["X-Request-Id"]]
        assert answer.headers["X-Request-Id"] == given or (given == "-" and len(answer.headers["X-Request-Id"]) == 16)
    text = (await asked(watched, "/metrics", Authorization=f"Bearer {TOKEN}")).text
    assert "nowhere" not in text


def _formatter(log_format: LogFormat) -> logging.Formatter:
    """As `dictConfig` makes it, without changing the log of the tests."""
    settings = Settings(log_format=log_format)
    configurator = logging.config.DictConfigurator(log_config(settings))
    made: logging.Formatter = configurator.configure_formatter(log_config(settings)["formatters"]["lines"])
    return made


async def test_acts_that_share_a_commit_or_fail_are_seen(bank: Bank) -> None:
    seen: list[ActSeen] = []

    class Ears(Watcher):
        def act_ended(self, act: ActSeen) -> None:
            seen.append(act)

    def stumble(_: Transaction) -> None:
        raise RuntimeError

    bank.database.watchers.add(Ears())
    await bank.branch()
    with pytest.raises(RuntimeError):
        await bank.database.write(stumble)
    assert [(each.way, each.act, each.outcome) for each in seen] == [
        ("write", "add_branch", "done"),
        ("write", "stumble", "failed"),
    ]


async def test_nothing_is_gathered_for_a_request_after_its_answer(bank: Bank) -> None:
    request = RequestSeen("abc-0123456789", 0.0)
    before = REQUEST.set(request)
    await bank.branch()
    request.is_answered = True
    await bank.branch("文澜小区")
    REQUEST.reset(before)
    assert [each.act for each in request.acts] == ["add_branch"]


async def test_acts_are_spans(bank: Bank) -> None:
    exporter = InMemorySpanExporter()
    bank.database.watchers.add(Traces(SimpleSpanProcessor(exporter)))
    await bank.branch()
    [span] = exporter.get_finished_spans()
    assert span.name == "act add_branch"
    assert span.attributes is not None
    assert span.attributes["points_bank.outcome"] == "done"
