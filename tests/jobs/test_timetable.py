"""What administration is told of the timetable."""

from points_bank.jobs.timetable import JOB_WORDS
from points_bank.scheduler import TIMETABLE


def test_every_job_has_its_words() -> None:
    assert list(JOB_WORDS) == [job.name for job in TIMETABLE]
