"""What was measured, as a table for people and as figures for programs."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.benchmarks.client import Load, percentile

RATIOS: Mapping[str, tuple[str, str]] = {
    "redemption_http_64_to_floor": ("redemption_http_64", "floor_post_http_64"),
    "redemption_http_64_to_tutorial": ("redemption_http_64", "tutorial_redemption_http_64"),
    "passbook_http_to_floor": ("passbook_http_64", "floor_get_http_64"),
    "acts_64_to_raw": ("award_acts_64", "award_raw_64"),
    "award_postgresql_16_to_hordak": ("award_acts_postgresql_16", "hordak_moves_postgresql_16"),
    "redemption_big_to_empty": ("big_redemption_http_64", "empty_redemption_http_64"),
    "acts_big_to_empty": ("big_award_acts_64", "empty_award_acts_64"),
}
"""Each a figure divided by another of the same run."""

PROCESSOR_RATIOS: Mapping[str, tuple[str, str]] = {
    "acts_64_to_raw_processor": ("award_raw_64", "award_acts_64"),
    "acts_big_to_empty_processor": ("empty_award_acts_64", "big_award_acts_64"),
}
"""Each the processor time of one divided by that of another: what a ratio is where others use the machine too."""

ACTIVITY = "activity_of_20_awards"


@dataclass
class Report:
    """The rounds of each measurement by its name, in the order they were first taken."""

    rounds: dict[str, list[float]] = field(default_factory=dict)
    latencies: dict[str, list[float]] = field(default_factory=dict)
    processor_seconds: dict[str, list[float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, per_second: float, *, processor_seconds: float | None = None) -> None:
        """A round; with the processor time that one of what it counts took, where that is known."""
        self.rounds.setdefault(name, []).append(per_second)
        if processor_seconds is not None:
            self.processor_seconds.setdefault(name, []).append(processor_seconds)

    def add_load(self, name: str, load: Load, *, processor_seconds: float | None = None) -> None:
        """A round under load; with what the server's process used of a processor for it, where that is known."""
        each = None if processor_seconds is None else processor_seconds / len(load.latencies)
        self.add(name, load.per_second, processor_seconds=each)
        self.latencies.setdefault(name, []).extend(load.latencies)

    def median(self, name: str) -> float:
        return statistics.median(self.rounds[name])

    def figures(self) -> dict[str, Any]:
        """As `--json` prints it: medians a second, latencies in milliseconds, processor time in microseconds."""
        figures: dict[str, float] = {name: round(self.median(name), 1) for name in self.rounds}
        for name, latencies in self.latencies.items():
            figures |= {f"{name}_p{each}_ms": round(percentile(latencies, each) * 1e3, 2) for each in (50, 99)}
        for name, used in self.processor_seconds.items():
            figures[f"{name}_processor_us"] = round(statistics.median(used) * 1e6, 1)
        lowest_and_highest = {name: [round(min(each), 1), round(max(each), 1)] for name, each in self.rounds.items()}
        return {
            "figures": figures,
            "ratios": self.ratios(),
            "activity_of_20_awards_per_second": figures.get(ACTIVITY),
            "spread": lowest_and_highest,
            "notes": self.notes,
        }

    def ratios(self) -> dict[str, float]:
        used = {name: statistics.median(each) for name, each in self.processor_seconds.items()}
        return {
            name: round(figures[one] / figures[other], 3)
            for ratios, figures in (
                (RATIOS, {each: self.median(each) for each in self.rounds}),
                (PROCESSOR_RATIOS, used),
            )
            for name, (one, other) in ratios.items()
            if one in figures and other in figures
        }

    def table(self) -> str:
        """A line for each measurement: the median of the rounds, their spread, latencies, processor time of one."""
        lines = [f"{'':34}{'a second':>10}{'lowest':>10}{'highest':>10}{'p50 ms':>9}{'p99 ms':>9}{'cpu us':>9}"]
        for name, rounds in self.rounds.items():
            latencies, used = self.latencies.get(name), self.processor_seconds.get(name)
            p50, p99 = (f"{percentile(latencies, each) * 1e3:.1f}" if latencies else "" for each in (50, 99))
            cpu = f"{statistics.median(used) * 1e6:.0f}" if used else ""
            lines.append(
                f"{name:34}{_plain(self.median(name))}{_plain(min(rounds))}{_plain(max(rounds))}{p50:>9}{p99:>9}{cpu:>9}"
            )
        lines += ["", *(f"{name:34}{ratio:10.3f}" for name, ratio in self.ratios().items())]
        return "\n".join([*lines, *self.notes])


def _plain(figure: float) -> str:
    return f"{figure:10,.0f}" if figure >= 100 else f"{figure:10.2f}"
