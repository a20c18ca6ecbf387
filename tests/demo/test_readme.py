"""The READMEs' calls, pasted one after another into a shell beside the demo as it is really served."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SECTIONS = {"README.md": "Work with the demo", "README.zh-CN.md": "调用演示银行"}
LANGUAGES = {"README.md": "en_US.UTF-8", "README.zh-CN.md": "zh_CN.UTF-8"}
SHOWN = ("/activities ", "/approval ", "jobs run", "/passbook", "/redemptions ", "/leaderboards/")
NEXT_ANSWER = "<<< next >>>"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
SLACK = timedelta(minutes=10)
"""The demo's clock runs, so that an instant may come so much later than when the answer was written down."""


@dataclass(frozen=True)
class Call:
    """A block to paste, and what is printed below it."""

    block: str
    language: str
    answer: str


def calls_of(readme: str) -> list[Call]:
    text = (ROOT / readme).read_text(encoding="utf-8")
    section = text.split(f"\n## {SECTIONS[readme]}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    calls = []
    for number, (language, block) in enumerate(blocks):
        if language == "sh":
            following = blocks[number + 1] if number + 1 < len(blocks) else ("sh", "")
            calls.append(Call(block, "", "") if following[0] == "sh" else Call(block, *following))
    return calls


def environment_of(readme: str) -> dict[str, str]:
    """The terminal of who reads that README, with nothing of this test's own bank and Python."""
    foreign = ("POINTS_BANK_", "LC_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {"LANG": LANGUAGES[readme], "PYTHONUTF8": "1"}


@contextmanager
def served(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """`scripts/demo` as it stands, in a checkout that has been set up: that it sets up is proven by .ci/run."""
    scripts = folder / "scripts"
    scripts.mkdir()
    shutil.copy(ROOT / "scripts/demo", scripts)
    (scripts / "setup").write_text("#!/bin/sh\n", encoding="utf-8")
    (scripts / "setup").chmod(0o755)
    (folder / ".venv").symlink_to(sys.prefix)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with (folder / "log").open("wb") as log:
        demo = subprocess.Popen(["scripts/demo", str(port)], cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        while not is_healthy(port):
            assert demo.poll() is None, (folder / "log").read_text(encoding="utf-8")
            time.sleep(0.1)
        yield
    finally:
        demo.send_signal(signal.SIGTERM)
        demo.wait(timeout=60)
    assert demo.returncode == 0, (folder / "log").read_text(encoding="utf-8")


def is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(json.load(answer) == {"status": "ok"})
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def paste(calls: list[Call], folder: Path, environment: dict[str, str]) -> list[str]:
    """What each block prints, all in one shell, which ends at the first that fails."""
    script = "set -eo pipefail\n" + f"\necho '{NEXT_ANSWER}'\n".join(call.block for call in calls)
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout.split(NEXT_ANSWER)


def is_like(answer: Any, written: Any) -> bool:
    """Whether an answer says what is written, but for how long the demo's clock has run, which a seal's head covers."""
    if isinstance(written, dict) and isinstance(answer, dict):
        told = [name for name in written if name != "head"]
        return list(answer) == list(written) and all(is_like(answer[name], written[name]) for name in told)
    if isinstance(written, list) and isinstance(answer, list):
        return len(answer) == len(written) and all(map(is_like, answer, written))
    if isinstance(written, str) and isinstance(answer, str) and INSTANT.fullmatch(written):
        return abs(datetime.fromisoformat(answer) - datetime.fromisoformat(written)) < SLACK
    return bool(answer == written)


@pytest.mark.parametrize("readme", SECTIONS)
def test_the_calls_of_a_readme_have_the_answers_below_them(readme: str, tmp_path: Path) -> None:
    calls, environment = calls_of(readme), environment_of(readme)
    pasted = "".join(call.block for call in calls)
    assert [part for part in SHOWN if part not in pasted] == []
    with served(tmp_path, environment):
        answers = paste(calls, tmp_path, environment)
    for call, answer in zip(calls, answers, strict=True):
        if call.language == "json":
            assert is_like(json.loads(answer), json.loads(call.answer)), answer
        else:
            assert answer.strip() == call.answer.strip()


def test_both_readmes_show_the_same_calls() -> None:
    english, chinese = (
        [re.sub(r"#.*|-H \"Accept-Language: en\"|\\\n|\s+", "", call.block) for call in calls_of(readme)]
        for readme in SECTIONS
    )
    assert english == chinese
