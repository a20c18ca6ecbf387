"""What the contract says of answers, at one place for all routes: refusals with their codes, files, and shapes."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from points_bank.downloads import MEDIA_TYPES
from points_bank.errors import PointsBankError
from points_bank.web import HAS_A_LETTER, NO_SPACES, NOT_BLANK, Problem

Schema = dict[str, Any]

SIGNING_IN = {"/member-tokens", "/staff-tokens"}
GUESSING = SIGNING_IN | {"/reservations/{redemption_id}/collection"}
"""Where a secret is looked at, so that tries are counted."""
FILES_ONLY = {"/branches/{branch_id}/months/{month}", "/desks/{desk_id}/register/{when}"}
ALSO_FILES = {
    *("/imports", "/imports/{import_id}/{file}", "/leaderboards/{board_id}/editions/{period}"),
    *("/reports/{period}", "/sponsors/{sponsor_id}/months/{month}"),
}
"""Whose answer is a file where the path's end, or `report`, asks for one."""
_FILE = {"schema": {"type": "string", "format": "binary"}}
FILE_BODY = {
    "required": True,
    "content": {
        **dict.fromkeys(MEDIA_TYPES.values(), _FILE),
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {"file": _FILE["schema"]}, "required": ["file"]}
        },
    },
}
"""What is imported: the file itself, or a form that has it as its field `file`."""
_SPOKEN = {
    "Content-Language": {"description": "`zh` or `en`", "required": True, "schema": {"type": "string"}},
    "Vary": {"description": "`Accept-Language`", "required": True, "schema": {"type": "string"}},
}
_REPLAYED = {
    "Idempotency-Replayed": {
        "description": "`true` where the Idempotency-Key was used before: nothing was done again.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}
_SECONDS = {"type": "integer", "minimum": 0}
_CHALLENGE = {
    "WWW-Authenticate": {"description": "`Bearer`", "required": True, "schema": {"type": "string"}},
}
_WAIT = {"Retry-After": {"description": "Seconds", "required": False, "schema": _SECONDS}}
_WAIT_A_MOMENT = {"Retry-After": {"description": "Seconds", "required": True, "schema": _SECONDS}}


class Refusal(NamedTuple):
    """Answers of one status; `codes` are those of the tree in errors.py."""

    status: int
    name: str
    description: str
    headers: Schema

    @property
    def codes(self) -> list[str]:
        return sorted({kind.code for kind in _kinds(PointsBankError) if kind.status == self.status})

    def as_response(self) -> Schema:
        told = {"status": {"const": self.status}, "code": {"enum": self.codes}}
        shape = {"allOf": [{"$ref": "#/components/schemas/Problem"}, {"properties": told}]}
        return {
            "description": self.description,
            "headers": _SPOKEN | self.headers,
            "content": {"application/problem+json": {"schema": shape}},
        }


REFUSALS = [
    Refusal(401, "Unauthenticated", "No token or a bad one; or not the right secret", _CHALLENGE),
    Refusal(403, "Forbidden", "Not among the caller's tasks", {}),
    Refusal(404, "NotFound", "It is not there, or not the caller's to see", {}),
    Refusal(409, "Conflict", "A rule of the bank says no, or it is already done", {}),
    Refusal(422, "Invalid", "What was sent makes no sense: `fields` say what and why", {}),
    Refusal(429, "TooManyTries", "Too many tries; without Retry-After waiting does not help", _WAIT),
    Refusal(503, "Busy", "Nothing was changed; try again", _WAIT_A_MOMENT),
]
_BY_STATUS = {refusal.status: refusal for refusal in REFUSALS}


def _kinds(kind: type[PointsBankError]) -> Iterator[type[PointsBankError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)


def refusals_of(method: str, path: str, operation: Schema) -> Schema:
    """What a route may refuse with, by status."""
    is_open = not operation["security"]
    statuses = {503}
    if not is_open or path in SIGNING_IN:
        statuses.add(401)
    if not is_open:
        statuses |= {403, 404}
    if "{" in path:
        statuses.add(404)
    if not is_open and method != "get":
        statuses.add(409)
    if method != "get" or any(not _is_id(each) for each in operation["parameters"]):
        statuses.add(422)
    if path in GUESSING:
        statuses.add(429)
    return {str(status): {"$ref": f"#/components/responses/{_BY_STATUS[status].name}"} for status in sorted(statuses)}


def _is_id(parameter: Schema) -> bool:
    """What is no id is not found; anything else that cannot be is invalid."""
    is_id: bool = parameter["in"] == "path" and parameter["schema"].get("type") == "integer"
    return is_id


def answers_of(method: str, path: str, operation: Schema) -> Schema:
    """What a route answers when it does what it is asked: Litestar's part, with our files and headers."""
    answers: Schema = {status: each for status, each in operation["responses"].items() if status.startswith("2")}
    for answer in answers.values():
        if "content" in answer:
            answer["content"] = _content_of(path, answer["content"])
        if any(each["name"] == "Idempotency-Key" for each in operation["parameters"]):
            answer["headers"] = answer.get("headers", {}) | _REPLAYED
    if path == "/imports" and method == "post":
        answers["200"] = answers["201"] | {"description": "What would come of the file, or the report of it"}
    return answers


def _content_of(path: str, content: Schema) -> Schema:
    kinds = [kind for kind in MEDIA_TYPES if path.endswith(f".{kind}")]
    if path in FILES_ONLY | ALSO_FILES:
        kinds = list(MEDIA_TYPES)
    files = {MEDIA_TYPES[kind]: _FILE for kind in kinds}
    return content | files if path in ALSO_FILES or not files else files


def problem_schema() -> Schema:
    kinds = {str: "string", int: "integer"}
    names = {name: kinds.get(kind, "object") for name, kind in Problem.__annotations__.items()}
    return {
        "type": "object",
        "description": Problem.__doc__,
        "required": sorted(names),
        "properties": {name: {"type": kind} for name, kind in names.items()},
    }


def close_bodies(schema: Schema) -> None:
    """Say that a body has no other fields than those described: the bank refuses them, whichever body it is."""
    shapes, seen = schema["components"]["schemas"], set[str]()
    operations = [operation for item in schema["paths"].values() for operation in item.values()]
    found = [name for operation in operations for name in _named_in(operation.get("requestBody", {}))]
    while found:
        name = found.pop()
        if name not in seen:
            seen.add(name)
            found += _named_in(shapes[name])
            if shapes[name].get("type") == "object":
                shapes[name]["additionalProperties"] = False


def _named_in(part: Any) -> list[str]:
    """The shapes that a part of the schema refers to."""
    if isinstance(part, list):
        return [name for each in part for name in _named_in(each)]
    if not isinstance(part, dict):
        return []
    own = [part["$ref"].rpartition("/")[2]] if isinstance(part.get("$ref"), str) else []
    return own + [name for each in part.values() for name in _named_in(each)]


_NEVER = HAS_A_LETTER.partition("[^\\W\\d_])[^")[2].partition("]*$")[0]
_PATTERNS = {
    HAS_A_LETTER: rf"^[^{_NEVER}]*[\p{{L}}\p{{Nl}}\p{{No}}][^{_NEVER}]*$",
    NOT_BLANK: rf"^[^{_NEVER}]*[^\s{_NEVER}][^{_NEVER}]*$",
    NO_SPACES: rf"^[^\s{_NEVER}]+$",
}
"""Python's patterns in ECMA-262, as JSON Schema has them: there `\\w` is ASCII, and `$` is the very end."""


def in_words_of_json_schema(part: Any) -> Any:
    """The same, as every reader of JSON Schema understands it.

    An answer may fit more than one shape that it could have, so that `oneOf` is `anyOf`; a bound is a whole number; and
    a pattern is one of ECMA-262.
    """
    if isinstance(part, list):
        return [in_words_of_json_schema(each) for each in part]
    if isinstance(part, float) and part.is_integer():
        return int(part)
    if not isinstance(part, dict):
        return part
    said = {"anyOf" if name == "oneOf" else name: in_words_of_json_schema(each) for name, each in part.items()}
    if isinstance(pattern := said.get("pattern"), str):
        said["pattern"] = _PATTERNS.get(pattern, pattern.removesuffix("(?!\\n)"))
    return said
