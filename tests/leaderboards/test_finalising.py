"""Objections: how long they are heard, what they change, and that nothing changes an edition afterwards."""

from datetime import date
from typing import Any

from points_bank.activities.correction import propose_correction, reject_correction
from points_bank.actor import SYSTEM
from points_bank.branches.calendar import ExceptionalDay, load_year
from points_bank.leaderboards.editions import standings_in
from points_bank.leaderboards.models import EditionState, Measure
from points_bank.leaderboards.reading import EditionLine
from points_bank.scheduler import reschedule, run_due
from tests.bank import at
from tests.leaderboards.conftest import Community

PUBLISHED = "2026-12-05 09:00"
IN_THE_OBJECTION_DAYS = "2026-12-08 15:00"
FINAL = "2026-12-10 00:00"


async def edition_of(community: Community, board: Any, period: str = "2026-11") -> EditionLine:
    return (await community.edition(board, period)).edition


async def test_objections_are_heard_for_full_working_days(community: Community) -> None:
    """Published on Saturday 5 December: Monday, Tuesday and Wednesday, so it is final on Thursday at 00:00."""
    community.bank.clock.set(at("2026-11-02 09:00"))
    board = await community.board()
    await community.run(PUBLISHED)
    assert (await edition_of(community, board)).finalises_at == at(FINAL)
    assert await community.run("2026-12-09 23:59") == []
    (done,) = await community.run(FINAL)
    assert (done.job, done.due_at) == ("finalise", at(FINAL))
    edition = await edition_of(community, board)
    assert (edition.state, edition.due_at) == (EditionState.FINAL, at(PUBLISHED))
    assert edition.finalised_at is not None
    assert edition.finalised_at >= at(FINAL)
    assert await community.run("2026-12-31 00:00") == []


async def test_without_objection_days_an_edition_is_final_as_it_is_published(community: Community) -> None:
    community.bank.clock.set(at("2026-11-02 09:00"))
    board = await community.board(objection_working_days=0)
    zhang = await community.member("张小明")
    await community.serve("2026-11-07", {zhang: 60})
    done = await community.run("2026-12-05 10:30")
    assert [each.job for each in done] == ["settle", "publish", "finalise"]
    edition = await edition_of(community, board)
    assert edition.state is EditionState.FINAL
    assert edition.finalises_at == edition.due_at
    assert await run_due(community.bank.database) == []


async def test_without_corrections_hash_and_position_stay(community: Community) -> None:
    """Also when other points have moved since."""
    community.bank.clock.set(at("2026-11-02 09:00"))
    board, zhang = await community.board(), await community.member("张小明")
    await community.serve("2026-11-07", {zhang: 60})
    await community.run(PUBLISHED)
    before = await edition_of(community, board)
    await community.serve("2026-11-30", {zhang: 60}, approved="2026-12-05 12:00")
    await community.run(FINAL)
    after = await edition_of(community, board)
    assert (after.ledger_position, after.content_hash) == (before.ledger_position, before.content_hash)
    assert await community.places(board, "2026-11") == [(1, "张*明", 10)]


async def test_a_correction_in_the_objection_days_is_taken_in(community: Community) -> None:
    community.bank.clock.set(at("2026-11-02 09:00"))
    board = await community.board()
    zhang, li = await community.member("张小明"), await community.member("李华")
    lines = await community.serve("2026-11-07", {zhang: 240, li: 120})
    await community.run(PUBLISHED)
    provisional = await community.edition(board, "2026-11")
    await community.correct(lines[zhang], 60, when=IN_THE_OBJECTION_DAYS)
    assert await community.edition(board, "2026-11") == provisional
    await community.run(FINAL)
    final = await community.edition(board, "2026-11")
    assert [(line.rank, line.display_name, line.value) for line in final.standings] == [
        (1, "李*", 20),
        (2, "张*明", 10),
    ]
    assert final.edition.ledger_position == provisional.edition.ledger_position + 1
    assert final.edition.content_hash != provisional.edition.content_hash
    assert final.corrections == []


async def test_who_is_left_with_nothing_is_taken_off(community: Community) -> None:
    community.bank.clock.set(at("2026-11-02 09:00"))
    board = await community.board()
    zhang, li = await community.member("张小明"), await community.member("李华")
    lines = await community.serve("2026-11-07", {zhang: 240, li: 120})
    await community.run(PUBLISHED)
    await community.correct(lines[zhang], 0, when=IN_THE_OBJECTION_DAYS)
    await community.run(FINAL)
    edition = await edition_of(community, board)
    assert edition.participants == 1
    assert await community.read(standings_in, edition.id) == [(li, 20)]


async def test_who_gets_points_by_a_correction_is_put_on(community: Community) -> None:
    community.bank.clock.set(at("2026-11-02 09:00"))
    board = await community.board()
    zhang, li = await community.member("张小明"), await community.member("李华")
    lines = await community.serve("2026-11-07", {zhang: 240, li: 20})
    await community.run(PUBLISHED)
    assert await community.places(board, "2026-11") == [(1, "张*明", 40)]
    await community.correct(lines[li], 60, when=IN_THE_OBJECTION_DAYS)
    await community.run(FINAL)
    assert await community.places(board, "2026-11") == [(1, "张*明", 40), (2, "李*", 10)]
    assert (await edition_of(community, board)).participants == 2


async def test_a_correction_that_is_rejected_or_not_of_this_edition_changes_nothing(community: Community) -> None:
    board = await community.board()
    zhang = await community.member("张小明")
    october = await community.serve("2026-10-17", {zhang: 60})
    november = await community.serve("2026-11-07", {zhang: 240})
    late = await community.serve("2026-11-28", {zhang: 120}, approved="2026-12-02 10:00")
    await community.run("2026-12-07 00:00")
    before = await edition_of(community, board)
    await community.correct(october[zhang], 30, when=IN_THE_OBJECTION_DAYS)
    await community.correct(late[zhang], 30, when="2026-12-08 16:00")
    await community.write(propose_correction, november[zhang], minutes=60, reason="误", by=community.recorder)
    await community.write(reject_correction, november[zhang], by=community.approver)
    await community.run("2026-12-11 00:00")
    after = await edition_of(community, board)
    assert after.state is EditionState.FINAL
    assert (after.ledger_position, after.content_hash) == (before.ledger_position, before.content_hash)


async def test_a_correction_after_the_final_edition_is_a_dated_line(community: Community) -> None:
    """S4: October's final board stays as it is, and the year's counts the corrected figure."""
    board = await community.board()
    year = await community.board(period="year", publish_day=10)
    d, e = await community.member("丁大"), await community.member("小明", agrees=False)
    lines = await community.serve("2026-10-17", {d: 240, e: 120})
    await community.run("2026-11-05 09:00")
    await community.run("2026-11-11 00:00")
    final = await community.edition(board, "2026-10")
    assert final.edition.state is EditionState.FINAL
    await community.correct(lines[d], 60, when="2026-11-16 10:00")
    await community.correct(lines[e], 90, when="2026-11-17 10:00")
    after = await community.edition(board, "2026-10")
    assert (after.edition, after.standings) == (final.edition, final.standings)
    assert [
        (each.corrected_on, each.points_before, each.points_after, each.display_name) for each in after.corrections
    ] == [(date(2026, 11, 16), 40, 10, "丁*"), (date(2026, 11, 17), 20, 15, None)]
    await community.run("2027-01-10 09:00")
    assert await community.places(year, "2026") == [(1, "丁*", 10)]


async def test_who_is_not_on_the_list_is_not_named_for_a_correction(community: Community) -> None:
    """To be named for a mistake alone would be a black list."""
    board = await community.board(top=1)
    zhang, li = await community.member("张小明"), await community.member("李华")
    lines = await community.serve("2026-10-17", {zhang: 240, li: 120})
    await community.run("2026-11-05 09:00")
    await community.run("2026-11-11 00:00")
    await community.correct(lines[li], 60, when="2026-11-16 10:00")
    shown = await community.edition(board, "2026-10")
    assert [(each.minutes_before, each.minutes_after, each.display_name) for each in shown.corrections] == [
        (120, 60, None)
    ]


async def test_a_board_of_minutes_takes_in_minutes(community: Community) -> None:
    community.bank.clock.set(at("2026-11-02 09:00"))
    board, zhang = await community.board(measure=Measure.MINUTES), await community.member("张小明")
    lines = await community.serve("2026-11-07", {zhang: 145})
    await community.run(PUBLISHED)
    # 20 points before and after: no transfer, but fewer minutes.
    await community.correct(lines[zhang], 121, when=IN_THE_OBJECTION_DAYS)
    await community.run(FINAL)
    assert await community.places(board, "2026-11") == [(1, "张*明", 121)]


async def test_a_calendar_that_is_loaded_moves_the_end_of_objections(community: Community) -> None:
    community.bank.clock.set(at("2026-11-02 09:00"))
    board = await community.board()
    at_once = await community.board(objection_working_days=0)
    await community.run(PUBLISHED)
    holidays = [ExceptionalDay(date(2026, 12, 8), False, "停水")]
    await community.write(load_year, 2026, holidays, source="通知", by=SYSTEM)
    assert await community.write(reschedule) == 1
    assert await community.write(reschedule) == 0
    assert (await edition_of(community, board)).finalises_at == at("2026-12-11 00:00")
    assert (await edition_of(community, at_once)).state is EditionState.FINAL
    await community.run("2026-12-11 00:00")
    assert (await edition_of(community, board)).state is EditionState.FINAL
    assert await community.write(reschedule) == 0


async def test_an_end_that_would_lie_in_the_past_is_now(community: Community) -> None:
    community.bank.clock.set(at("2026-11-02 09:00"))
    board = await community.board()
    await community.run(PUBLISHED)
    community.bank.clock.set(at("2026-12-08 09:00"))
    worked = [ExceptionalDay(date(2026, 12, 6), True, "补班")]
    await community.write(load_year, 2026, worked, source="通知", by=SYSTEM)
    await community.write(reschedule)
    assert (await edition_of(community, board)).finalises_at == at("2026-12-09 00:00")
    await community.run("2026-12-09 12:00")
    final = await edition_of(community, board)
    assert final.finalised_at is not None
    assert final.finalised_at >= at("2026-12-09 12:00")
