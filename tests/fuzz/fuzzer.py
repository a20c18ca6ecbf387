"""Schemathesis, told how to attack a bank: with what is in the contract, in words that the bank knows, as somebody."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import schemathesis
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.recorder import RecordedScenario
from schemathesis.hooks import unregister

from tests.fuzz.figures import EXAMPLES, write_down

CHECKS = [
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance"),
    *("response_schema_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method"),
    *("allow_header_conformance", "use_after_free", "ensure_resource_availability", "ignored_auth"),
]
"""What is held against every answer. Not that whatever fits the contract is accepted: rules of the bank say no."""
SEED = 20261116
KNOWN = 0.9
"""How often a word of the bank takes the place of a made-up one."""
Case = schemathesis.Case[Any]
KEY = "Idempotency-Key"
LARGEST_ID = 2**62


@dataclass
class Report:
    """`failures`: by operation and check, how often it failed and the first time as something to send again."""

    answers: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """The failures, one under the other."""
        return "\n\n".join(f"{what}\n{told}" for what, told in self.failures.items())

    def note(self, asker: str, ways: Sequence[str], engine: str) -> None:
        operations, requests = len(self.operations), self.answers.total()
        about = f"{engine}, {'+'.join(ways)} as {asker}: {operations} operations, {requests:,} requests"
        write_down(about, Counter(f"{status // 100}xx" for status in self.answers.elements()))


@dataclass
class Attack:
    """`words` are what there is in the bank, by field; `phases` are Schemathesis' ways of trying an operation."""

    address: str
    contract: Mapping[str, Any]
    words: Mapping[str, Sequence[Any]]
    phases: Sequence[str]
    token: str | None = None
    examples: int = EXAMPLES
    _keys: int = 0
    _random: Random = field(default_factory=lambda: Random(SEED))

    def carry_out(self) -> Report:
        report = Report()
        schema = schemathesis.openapi.from_dict(dict(self.contract), config=self._config())

        @schemathesis.hook
        def before_call(context: schemathesis.HookContext, case: Case, kwargs: dict[str, Any]) -> None:
            self._make_sense(case)

        try:
            for event in from_schema(schema).execute():
                self._note(event, report)
        finally:
            unregister(before_call)
        return report

    def _config(self) -> schemathesis.Config:
        headers = {"Accept-Language": "en"} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        phases = {name: {"enabled": name in self.phases} for name in ("examples", "coverage", "fuzzing", "stateful")}
        generation = {"max-examples": self.examples, "deterministic": True, "no-shrink": True, "database": "none"}
        return schemathesis.Config.from_dict(
            {
                "seed": SEED,
                "base-url": self.address,
                "headers": headers,
                "request-timeout": 60,
                "continue-on-failure": True,
                "suppress-health-check": ["all"],
                "checks": {"enabled": False, **{name: {"enabled": True} for name in CHECKS}},
                "generation": generation | {"with-security-parameters": False},
                "phases": phases,
            }
        )

    def _make_sense(self, case: Case) -> None:
        """Speak of what there is, and use a key once: else all would be not found, or said before."""
        case.path_parameters = self._known(case.path_parameters)
        case.query = self._known(case.query)
        case.body = self._known(case.body)
        if _is_key(case.headers.get(KEY)):
            self._keys += 1
            case.headers[KEY] = f"k{self._keys}"

    def _known(self, part: Any, name: str = "") -> Any:
        if isinstance(part, dict):
            return {each: self._known(value, each) for each, value in part.items()}
        words = self.words.get(name, ())
        if words and _is_like(part, words[0]) and self._random.random() < KNOWN:
            part = self._random.choice(words)
        if isinstance(part, list):
            return [self._known(each, name.removesuffix("s")) for each in part]
        return part

    def _note(self, event: events.EngineEvent, report: Report) -> None:
        if isinstance(event, events.ScenarioFinished):
            _note_scenario(event.recorder, report)
        elif isinstance(event, events.NonFatalError):
            report.failures[f"the fuzzer at {event.label}"] = str(event.info)
        elif isinstance(event, events.FatalError):
            report.failures["the fuzzer"] = repr(event.exception)


def _is_key(text: Any) -> bool:
    return isinstance(text, str) and 0 < len(text) < 256 and all("\x21" <= letter <= "\x7e" for letter in text)


def _is_like(value: Any, known: Any) -> bool:
    """Whether a value is a good one, for which a known one may stand; a bad one is there to be refused."""
    if isinstance(known, int):
        return type(value) is int and 0 < value <= LARGEST_ID
    return isinstance(value, type(known)) and value != ""


def _note_scenario(recorder: RecordedScenario, report: Report) -> None:
    for case_id, interaction in recorder.interactions.items():
        operation = recorder.cases[case_id].value.operation.label
        report.operations.add(operation)
        report.answers[interaction.response.status_code if interaction.response else 0] += 1
        for check in recorder.checks.get(case_id, ()):
            if check.status is Status.FAILURE and check.failure_info is not None:
                failure = check.failure_info.failure
                told = f"{failure.title}: {failure.message}\n{check.failure_info.code_sample}"
                content = interaction.response.content[:500] if interaction.response else b""
                report.failures.setdefault(f"{operation}: {check.name}", f"{told}\n{content!r}")
