"""Sign-in sheets to be entered over HTTP, each of 20 people, none of whom is in two places at once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from scripts.benchmarks.client import Request

PEOPLE = 20
DAYS, HOURS = 6, 12
"""The days before today on which the sheets lie, and the hours of each at which one may begin."""


@dataclass(frozen=True)
class SheetRequest(Request):
    """`body` is not used: each request is the sheet of its number, half an hour of the next 20 members."""

    branch_id: int = 0

    def body_of(self, number: int, member: str) -> str:
        groups = len(self.members) // PEOPLE
        group, slot = number % groups, number // groups
        people = self.members[group * PEOPLE : (group + 1) * PEOPLE]
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        hours = slot // DAYS % HOURS
        # Once all are used up they come again a second later: another sheet, some of whose people are held.
        started_at = (
            midnight - timedelta(days=1 + slot % DAYS) + timedelta(hours=hours, seconds=slot // (DAYS * HOURS) % 60)
        )
        sheet = {
            "branch_id": self.branch_id,
            "role": "service",
            "title": "清扫",
            "started_at": started_at,
            "ended_at": started_at + timedelta(minutes=30),
            "participations": [{"member_id": each} for each in people],
        }
        return msgspec.json.encode(sheet).decode()
