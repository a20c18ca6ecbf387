"""The benchmark runs; how fast the machine of a test is, nobody asks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.thorough, pytest.mark.only("sqlite", "it measures on both databases by itself")]

TO_PEER = "award_postgresql_16_to_hordak"
"""Where there is a server, and the peer."""

ROOT = Path(__file__).resolve().parents[2]


def test_the_shortest_benchmark_prints_the_named_figures() -> None:
    shortest = ["--rounds", "1", "--seconds", "0.1", "--members", "200"]
    command = [sys.executable, "-m", "scripts.benchmarks", "--quick", "--json", *shortest]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    printed = json.loads(done.stdout.splitlines()[-1])
    assert set(printed["ratios"]) - {TO_PEER} == {
        "redemption_http_64_to_floor",
        "redemption_http_64_to_tutorial",
        "passbook_http_to_floor",
        "acts_64_to_raw",
        "acts_64_to_raw_processor",
    }
    assert TO_PEER in printed["ratios"] or any("not measured" in note for note in printed["notes"])
    assert all(ratio > 0 for ratio in printed["ratios"].values())
    assert printed["activity_of_20_awards_per_second"] > 0
    assert printed["figures"]["redemption_http_64"] > 0
    assert "redemption_http_64 " in done.stdout
