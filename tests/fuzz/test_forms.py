"""Every form of the pages with what chance fills in, as everybody who may send one: whatever is sent, nothing fails."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as chance

from points_bank.web import SESSION
from tests.bank import TLS
from tests.fuzz.city import ASKERS, Served, points_of_all, what_there_is
from tests.fuzz.conftest import City
from tests.fuzz.figures import EXAMPLES, write_down
from tests.page_forms import FORMS

pytestmark = [pytest.mark.thorough, pytest.mark.fuzz]

ENDS_ITSELF = "/sign-out"
"""Not sent: after it there would be nobody who asks."""
COME_LAST = ("/rights", "/withdrawal", "/password")
TAKES_FILES = ("/picture", "/imports")
ODD = [
    *("", " ", "0", "-1", "1", "3.5", "1e9", "9" * 30, "２０", "on", "2026-11-16", "2026-13-45", "24:61", "<b>'\""),
    *("\x00", "长" * 300, "a\r\nb"),
]
IN_PATHS = {"line": "participation", "rule_set": "rule_set"}
"""What a path calls otherwise than the noun is called."""
Words = Mapping[str, Sequence[Any]]


def named(text: str, words: Words) -> st.SearchStrategy[str]:
    """A text with its names filled with what there is in the bank."""
    names = re.findall(r"\{(\w+)\}", text)
    choices = {name: st.sampled_from([str(each) for each in _known(name, words)]) for name in names}
    return st.fixed_dictionaries(choices).map(lambda chosen: text.format(**chosen))


def _known(name: str, words: Words) -> Sequence[Any]:
    noun = name.removesuffix("_id")
    return words.get(f"{IN_PATHS.get(noun, noun)}_id", words.get(noun, [1, 2**40]))


def form_of(route: str, words: Words) -> st.SearchStrategy[dict[str, str]]:
    """Its fields, or some of them, filled as people would or as nobody would, and one that is none of its."""
    fields = {
        re.sub(r"\{\w+\}", "1", name): named(text, words) | st.sampled_from(ODD) | st.text(max_size=30)
        for name, text in FORMS[route].items()
    }
    more = st.dictionaries(st.text(min_size=1, max_size=10), st.text(max_size=10), max_size=1)
    return st.builds(lambda form, other: other | form, st.fixed_dictionaries({}, optional=fields), more)


@dataclass
class Clerk:
    """Somebody who sends forms: what came of it, and the first that each failing one failed at."""

    client: httpx.Client
    proof: str
    words: Words
    answers: Counter[str] = field(default_factory=Counter)
    failures: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)

    def fill_in(self, route: str) -> None:
        @chance(
            max_examples=2 * EXAMPLES, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(named(route, self.words), form_of(route, self.words), st.binary(max_size=200))
        def send(path: str, form: dict[str, str], content: bytes) -> None:
            hidden = {"form_proof": self.proof, "form_key": uuid4().hex}
            files = {"file": ("sent.csv", content)} if path.endswith(TAKES_FILES) else None
            answer = self.client.post(path, data=form | hidden, files=files, timeout=60)
            self.answers[f"{answer.status_code // 100}xx"] += 1
            if answer.status_code >= 500:
                self.failures.setdefault(route, (path, form))

        send()


@pytest.mark.parametrize("asker", ASKERS)
def test_no_form_makes_the_bank_fail(served: Served, city: City, asker: str) -> None:
    token = served.token_of(asker, city.demo.member.id) or ""
    cookies = {SESSION: token} if token else {}
    with httpx.Client(base_url=served.address, cookies=cookies, verify=TLS) as client:
        clerk = Clerk(client, served.form_proof(token), served.read(what_there_is))
        # What takes somebody's rights away comes last, so that there is somebody who has them.
        for route in sorted(FORMS.keys() - {ENDS_ITSELF}, key=lambda route: (route.endswith(COME_LAST), route)):
            clerk.fill_in(route)
    assert clerk.failures == {}
    assert served.differences() == []
    stored, moved = served.read(points_of_all)
    assert stored == moved
    about = f"{city.settings.database_kind}, forms as {asker}: {len(FORMS)} forms, {clerk.answers.total():,} requests"
    write_down(about, clerk.answers)
