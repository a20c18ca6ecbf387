"""What the edge refuses before any act is asked: always problem+json, with a code and the fields it is about."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from points_bank.actor import Role
from tests.bank import Server

GOOD = {"code": "FL", "name": "凤岭社区", "kind": "community", "parent_id": 1}
JSON = {"Content-Type": "application/json"}
_BYTES = [(b"content-type", b"application/json")]

NO_JSON = [
    *(b"{", b'{"code": "\xff\xfe"}', b'{"name": "\\ud800"}', b"[" * 100_000, b'{"parent_id": NaN}'),
    *(b'{"parent_id": 1e400}', '{"name": "凤岭社区"}'.encode("gbk"), b"\x1f\x8b"),
]
NO_SENSE: list[tuple[dict[str, Any], str, str]] = [
    ({"nickname": "x"}, "nickname", "Is not known here."),
    ({"{x}` 坏": "x"}, "{x}` 坏", "Is not known here."),
    ({"name": ""}, "name", "Too short or too long."),
    ({"name": "凤" * 81}, "name", "Too short or too long."),
    ({"name": "x" * 1_000_000}, "name", "Too short or too long."),
    ({"name": "   "}, "name", "A name has letters, and no characters that cannot be seen."),
    ({"name": "a\x00b"}, "name", "A name has letters, and no characters that cannot be seen."),
    ({"name": "a\nb"}, "name", "A name has letters, and no characters that cannot be seen."),
    ({"name": "\u200b"}, "name", "A name has letters, and no characters that cannot be seen."),
    ({"name": "a\u202eb"}, "name", "A name has letters, and no characters that cannot be seen."),
    ({"name": 7}, "name", "Not the kind of value expected here."),
    ({"code": "凤"}, "code", "Not in the form that is expected here."),
    ({"kind": "planet"}, "kind", "Not one of the values possible here."),
    ({"parent_id": 10**30}, "parent_id", "Out of range."),
    ({"parent_id": 2**63}, "parent_id", "Out of range."),
    ({"parent_id": 0}, "parent_id", "Out of range."),
    ({"parent_id": -1}, "parent_id", "Out of range."),
    ({"parent_id": "1"}, "parent_id", "Not the kind of value expected here."),
    ({"parent_id": 1.5}, "parent_id", "Not the kind of value expected here."),
    ({"parent_id": True}, "parent_id", "Not the kind of value expected here."),
    ({"parent_id": None}, "parent_id", "Not the kind of value expected here."),
    ({"valid_from_on": "2026-13-01"}, "valid_from_on", "A date is needed, such as 2026-11-14."),
    ({"valid_from_on": "0000-01-01"}, "valid_from_on", "A date is needed, such as 2026-11-14."),
    ({"valid_from_on": 5}, "valid_from_on", "Not the kind of value expected here."),
]


def refused(answer: httpx.Response) -> tuple[int, str, dict[str, Any]]:
    """Status, code and fields of a refusal, after a look at its shape."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem.keys() == {"type", "title", "status", "detail", "code", "fields"}
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    return answer.status_code, problem["code"], problem["fields"]


@pytest.fixture
async def client(server: Server) -> httpx.AsyncClient:
    return await server.as_staff(Role.ADMINISTRATOR)


async def test_what_is_no_json_is_refused(client: httpx.AsyncClient) -> None:
    for body in NO_JSON:
        answer = await client.post("/branches", content=body, headers=JSON)
        assert refused(answer) == (422, "invalid", {"body": "Not readable as JSON."})


async def test_what_is_no_object_is_refused(client: httpx.AsyncClient) -> None:
    for body in (b"", b"null", b"[]", b'"FL"', b"7"):
        answer = await client.post("/branches", content=body, headers=JSON)
        assert refused(answer) == (422, "invalid", {"body": "Not the kind of value expected here."})


async def test_a_field_that_makes_no_sense_is_named(client: httpx.AsyncClient) -> None:
    for change, field, sentence in NO_SENSE:
        answer = await client.post("/branches", json={**GOOD, **change})
        assert refused(answer) == (422, "invalid", {field: sentence})


async def test_a_number_of_ten_thousand_digits_is_refused(client: httpx.AsyncClient) -> None:
    body = json.dumps(GOOD).replace(": 1}", f": {'9' * 10_000}}}")
    answer = await client.post("/branches", content=body, headers=JSON)
    assert refused(answer)[:2] == (422, "invalid")


async def test_a_missing_field_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.post("/branches", json={"code": "FL"})
    assert refused(answer) == (422, "invalid", {"name": "Is needed."})


async def test_a_body_that_does_not_call_itself_json_is_refused(client: httpx.AsyncClient) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/msgpack", ""):
        answer = await client.post("/branches", content=json.dumps(GOOD), headers={"Content-Type": kind})
        assert refused(answer) == (422, "invalid", {"Content-Type": "Send application/json."})


async def test_a_body_in_pieces_is_read_like_any_other(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield json.dumps(GOOD).encode()

    untyped = await client.post("/branches", content=pieces())
    assert refused(untyped) == (422, "invalid", {"Content-Type": "Send application/json."})
    assert (await client.post("/branches", content=pieces(), headers=JSON)).status_code == 201


async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 50_000

    for content in (b"x" * 5_000_000, pieces()):
        answer = await client.post("/branches", content=content, headers=JSON)
        assert refused(answer) == (422, "invalid", {"body": "Too large."})


async def test_an_id_that_nothing_has_is_not_found(client: httpx.AsyncClient) -> None:
    for id in ("0", "-1", "999", "abc", "1.5", str(10**30), str(2**62 + 1), "%00", "%e4%b8", "1_0"):
        assert refused(await client.get(f"/branches/{id}")) == (404, "not_found", {})


async def test_a_query_that_makes_no_sense_is_refused(client: httpx.AsyncClient) -> None:
    wrong = {
        "under": ["0", "x", "", str(10**30)],
        "limit": ["0", "201", "many"],
        "cursor": ["x", "%00", "%D9%A3", "9999999999999999999", "1" * 200],
    }
    for field, values in wrong.items():
        for value in values:
            status, code, fields = refused(await client.get(f"/branches?{field}={value}"))
            assert (status, code, list(fields)) == (422, "invalid", [field])


async def test_an_unknown_route_is_not_found(client: httpx.AsyncClient) -> None:
    for path in ("/nothing", "/branches/1/nothing", "/../../nothing", "/../../docs-files/%00"):
        assert refused(await client.get(path)) == (404, "not_found", {})


async def test_another_verb_is_refused_and_the_possible_ones_are_named(client: httpx.AsyncClient) -> None:
    for verb in ("DELETE", "PUT", "PATCH", "BREW"):
        answer = await client.request(verb, "/branches")
        assert refused(answer) == (405, "method_not_allowed", {})
        assert set(answer.headers["allow"].split(", ")) == {"GET", "OPTIONS", "POST"}


async def test_without_a_good_token_nothing_is_heard(server: Server) -> None:
    client = server.client()
    for given in (None, b"", b"Bearer", b"Bearer x", b"Basic eDp5", b"Bearer " + b"x" * 9_000, b"Bearer \xff\xfe"):
        headers = _BYTES + ([] if given is None else [(b"authorization", given)])
        for content in (b"{", json.dumps(GOOD).encode()):
            answer = await client.post("/branches", content=content, headers=headers)
            assert refused(answer) == (401, "unauthenticated", {})
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_refusal_speaks_the_callers_language(client: httpx.AsyncClient) -> None:
    chinese, english = ("zh", "没有找到。"), ("en", "Not found.")
    spoken = {
        b"": chinese,
        b"fr": chinese,
        b"zh-CN,zh;q=0.9,en;q=0.8": chinese,
        b"en-GB,en;q=0.9,zh;q=0.1": english,
        b"\xff;q=nan, en;q=inf, zh;q=-1": english,
    }
    for wanted, (language, sentence) in spoken.items():
        answer = await client.get("/branches/999", headers=[(b"accept-language", wanted)])
        assert refused(answer)[:2] == (404, "not_found")
        assert (answer.headers["content-language"], answer.json()["detail"]) == (language, sentence)


async def test_what_is_wrong_with_a_field_is_said_in_chinese(client: httpx.AsyncClient) -> None:
    answer = await client.post("/branches", json={**GOOD, "parent_id": -1}, headers={"Accept-Language": "zh"})
    assert answer.json()["detail"] == "请检查填写的内容。"
    assert answer.json()["fields"] == {"parent_id": "超出范围。"}


async def test_a_key_that_is_none_is_refused(client: httpx.AsyncClient) -> None:
    for key in (b"", b"a b", b"x" * 256, b"\xfc"):
        answer = await client.post("/branches", content=json.dumps(GOOD), headers=[*_BYTES, (b"idempotency-key", key)])
        assert refused(answer)[:2] == (422, "invalid")
        assert list(answer.json()["fields"]) == ["Idempotency-Key"]


async def test_a_repeat_with_its_key_answers_the_same_and_says_so(client: httpx.AsyncClient) -> None:
    first, again = [await client.post("/branches", json=GOOD, headers={"Idempotency-Key": "k" * 255}) for _ in "12"]
    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (201, first.json())
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    other = await client.post("/branches", json={**GOOD, "code": "X"}, headers={"Idempotency-Key": "k" * 255})
    assert refused(other)[:2] == (422, "idempotency_key_reused")


async def test_a_refused_request_leaves_its_key_free(client: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "k"}
    assert refused(await client.post("/branches", json={**GOOD, "parent_id": 999}, headers=key))[0] == 404
    assert (await client.post("/branches", json=GOOD, headers=key)).status_code == 201
