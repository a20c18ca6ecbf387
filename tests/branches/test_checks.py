"""What `verify` finds in a tree and a calendar that somebody wrote into by hand."""

from points_bank.verify import differences
from tests.bank import Bank
from tests.tampering import behind_its_back


async def test_what_was_changed_by_hand_is_named(bank: Bank) -> None:
    estate = await bank.branch()

    async def found(change: str, back: str) -> list[str]:
        with behind_its_back(bank.database.settings) as books:
            books.execute(change)
            named = await differences(bank.database)
            books.execute(back)
        return named

    assert await found(
        f"UPDATE branch SET path = '/9/{estate.id}/' WHERE id = {estate.id}",
        f"UPDATE branch SET path = '{estate.path}' WHERE id = {estate.id}",
    ) == [f"a branch's path leads through its parents: branch {estate.id}: path /9/{estate.id}/, by its parents /1/2/"]
    assert "there is one district: branch 2 is a second district" in await found(
        "UPDATE branch SET parent_id = NULL WHERE id = 2", "UPDATE branch SET parent_id = 1 WHERE id = 2"
    )
    assert await found(
        "UPDATE calendar_day SET year = 2025 WHERE on_date = '2026-10-01'",
        "UPDATE calendar_day SET year = 2026 WHERE on_date = '2026-10-01'",
    ) == ["a calendar holds days of its year: 2026-10-01 stands in the calendar of 2025"]
