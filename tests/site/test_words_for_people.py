"""How pages name periods and devices: as people do, not as files do."""

from datetime import date

import pytest

from points_bank.i18n import Language
from points_bank.site.formats import period
from points_bank.staff.devices import device_words

TODAY = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("named", "chinese", "english"),
    [
        ("2026-W45", "11月2日 至 11月8日", "2 Nov to 8 Nov"),
        ("2025-W52", "2025年12月22日 至 2025年12月28日", "22 Dec 2025 to 28 Dec 2025"),
        ("2026-10", "10月", "October"),
        ("2026-Q3", "2026年第3季度", "quarter 3 of 2026"),
        ("2025", "2025年", "the year 2025"),
        ("no period", "no period", "no period"),
    ],
)
def test_a_period_is_named_by_its_days(named: str, chinese: str, english: str) -> None:
    assert period(named, Language.CHINESE, today=TODAY) == chinese
    assert period(named, Language.ENGLISH, today=TODAY) == english


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (Linux; Android 13; V2118A) AppleWebKit/537.36", "An Android phone or tablet"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)", "An iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", "A Windows computer"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "A Linux computer"),
        ("", "Some browser"),
    ],
)
def test_a_session_is_known_by_its_device(user_agent: str, words: str) -> None:
    assert device_words(user_agent) == words
