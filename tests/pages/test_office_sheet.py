"""Entering a paper sheet: by keyboard alone, from a pasted list, as last week, without scripts, and what is refused."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa

from points_bank.activities.models import Activity, Participation
from points_bank.actor import Role
from points_bank.branches.models import Branch
from points_bank.columns import table_of
from points_bank.members.models import Card, CardState, Member
from points_bank.members.phones import phone_of
from points_bank.transaction import Transaction
from tests.pages.reader import Reader, Site

ACTIVITY, LINE, MEMBER, CARD = table_of(Activity), table_of(Participation), table_of(Member), table_of(Card)
BRANCH = table_of(Branch)
KEY_MS = 200
PASTE = """(field, size) => {
  const data = new DataTransfer();
  data.setData("text", "x".repeat(size));
  field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""
PEOPLE = 12


@pytest_asyncio.fixture(loop_scope="session")
async def office(site: Site) -> Reader:
    reader = await site.reader()
    await reader.sign_in(site.login(Role.RECORDER))
    return await reader.go("/staff/sheet")


@pytest.mark.thorough
async def test_a_sheet_of_twelve_is_entered_by_keyboard_in_a_minute(site: Site, office: Reader) -> None:
    """Nothing but keys, each 200 ms after the one before: a title by its pinyin, times, and people by card tails."""
    typist = Typist(office)
    people = await site.database.read(own_members)
    await typist.write_by_pinyin("zhoumolvhua ", "周末绿化")
    await typist.type("\n\t14\n830\n1050\n")
    for each in people[:PEOPLE]:
        await typist.type(f"{each.clue}\n")
    await typist.type("\n\n")
    await office.page.wait_for_url("**/staff/activities/*")
    assert await site.database.read(latest_sheet) == ("周末绿化", datetime(2026, 11, 14, 0, 30, tzinfo=UTC), PEOPLE)
    assert typist.keys < 90, f"{typist.keys} keys"
    assert typist.keys * KEY_MS / 1_000 < 60


async def test_people_are_found_by_any_clue_and_chosen_with_arrows(office: Reader) -> None:
    q, options = office.page.locator("[name=q]"), office.page.locator("#found button")
    chosen = office.page.locator("#found .chosen")
    await q.press_sequentially("l")
    await chosen.wait_for()
    assert await options.count() == 8
    await q.press("ArrowDown")
    assert await chosen.inner_text() == await options.nth(1).inner_text()
    await q.press("ArrowUp")
    await q.press("Enter")
    await office.page.locator("[data-person]").wait_for()
    assert await q.input_value() == ""
    await q.press_sequentially("zzzz")
    await office.text("没有找到“zzzz”").wait_for()


async def test_points_and_overlaps_are_shown_before_anything_is_written(site: Site, office: Reader) -> None:
    before = await site.database.read(latest_sheet)
    served = await site.database.read(latest_service)
    await office.fill(title="巡逻", on=served.service_on.isoformat(), from_time="0600", until_time="1800")
    await office.page.locator("[name=q]").press_sequentially(f"{served.card_no[-4:]}\n")
    await office.page.locator("[data-person] .tag").wait_for()
    await office.reads("由审核人判断", "1 人待审核人判断")
    await office.fill(on="2026-11-12", until_time="0900")
    await office.text("每人 30 分").wait_for()
    assert await site.database.read(latest_sheet) == before


async def test_figures_that_come_while_the_button_is_held_down_do_not_take_it_away(site: Site, office: Reader) -> None:
    (one, *_) = await site.database.read(own_members)
    await office.fill(title="清扫", on="2026-11-13", from_time="1300", until_time="1400")
    await office.page.locator("[name=q]").press_sequentially(f"{one.clue}\n")
    await office.page.locator("[data-person]").wait_for()
    async with office.page.expect_response(lambda answer: answer.request.method == "POST"):
        await office.page.locator("[data-person] [type=checkbox]").check()
        await office.page.get_by_role("button", name="提交审核").hover()
        await office.page.mouse.down()
    await office.text("共 1 人，15 分").wait_for()
    await office.page.mouse.up()
    await office.page.wait_for_url("**/staff/activities/*")


async def test_a_pasted_list_is_matched_and_the_rest_is_told(site: Site, office: Reader) -> None:
    people = await site.database.read(own_members)
    one, two = people[:2]
    await office.page.get_by_text("粘贴名单").click()
    await office.fill(pasted=f"1. {one.name}\n2、{two.card_no}\n3. 没有这人")
    await office.press("加入")
    await office.text("没有找到：没有这人").wait_for()
    assert await office.page.locator("[data-person]").count() == 2
    assert await office.page.locator("[name=pasted]").input_value() == "没有这人"


async def test_again_as_last_week_copies_people_times_and_title(site: Site, office: Reader) -> None:
    await office.page.locator("a[href*='like=']").first.click()
    assert await office.page.locator("[data-person]").count() > 0
    assert await office.page.locator("[name=title]").input_value()
    assert await office.page.locator("[name=from_time]").input_value()


async def test_without_scripts_a_sheet_is_carried_from_form_to_form(site: Site) -> None:
    reader = await site.reader(has_scripts=False, width=360)
    await reader.sign_in(site.login(Role.RECORDER))
    await reader.go("/staff/sheet")
    people = await site.database.read(own_members)
    await reader.fill(title="清扫", on="1113", from_time="8:30", until_time="9:30")
    for each in people[:3]:
        await reader.fill(q=each.card_no[-4:])
        await reader.press("查找")
        if await reader.page.locator(f"button[value=add-{each.id}]").count():
            await reader.page.locator(f"button[value=add-{each.id}]").click()
    assert await reader.page.locator("[data-person]").count() == 3
    await reader.page.locator("[data-person] .minutes input").first.fill("30")
    await reader.press("提交审核")
    assert "/staff/activities/" in reader.path
    await reader.reads("清扫", "30分钟")


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"title": "清扫", "on": "32", "from_time": "8", "until_time": "9"}, "on", "请写日期"),
        ({"title": "清扫", "on": "1114", "from_time": "x", "until_time": "9"}, "from_time", "请写时间"),
        ({"title": "", "on": "1114", "from_time": "8", "until_time": "9"}, "title", ""),
    ],
)
async def test_what_is_wrong_is_told_beside_its_field(
    office: Reader, typed: dict[str, str], field: str, sentence: str
) -> None:
    office.expected = {422}
    await office.fill(**typed)
    await office.press("提交审核")
    assert sentence in await office.page.locator(f"#problem-{field}").inner_text()
    assert await office.page.evaluate("document.activeElement.name") == field
    assert await office.page.locator("[name=on]").input_value() == typed["on"]


async def test_late_future_and_doubled_sheets_are_refused_with_the_reason(site: Site, office: Reader) -> None:
    office.expected = {409, 422}
    (one, *_) = await site.database.read(own_members)
    for on, code in (("2026-09-01", "late_entry"), ("2026-11-17", "future_activity")):
        await office.go("/staff/sheet")
        await office.fill(title="清扫", on=on, from_time="8", until_time="9", q=one.card_no[-4:])
        await office.page.locator(f"button[value=add-{one.id}]").click()
        await office.page.locator(f"[data-code={code}]").wait_for()
        await office.press("提交审核")
        await office.page.locator(f"[data-code={code}]").wait_for()
    for _ in range(2):
        await office.go("/staff/sheet")
        await office.fill(title="清扫", on="2026-11-15", from_time="5", until_time="6", q=one.card_no[-4:])
        await office.page.locator(f"button[value=add-{one.id}]").click()
        await office.page.locator("[data-person]").wait_for()
        await office.press("提交审核")
    assert await office.page.locator("[data-code=duplicate_activity]").count() == 1


async def test_a_paste_of_twenty_megabytes_is_refused_with_the_reason(site: Site, office: Reader) -> None:
    await office.page.get_by_text("粘贴名单").click()
    pasted = office.page.locator("[name=pasted]")
    await pasted.evaluate(PASTE, 20_000_000)
    await office.text("内容太多").wait_for()
    assert await pasted.input_value() == ""
    form: dict[str, str | float | bool] = {
        "form_proof": await office.page.locator("main [name=form_proof]").input_value(),
        "do": "paste",
    }
    for size in (30_000, 20_000_000):
        answer = await office.context.request.post(
            f"{site.address}/staff/sheet", form=form | {"branch_id": "3", "pasted": "x" * size}
        )
        assert answer.status == 422
        assert "内容" in await answer.text()


class Typist:
    """Somebody at the keyboard, one key every 200 ms; `keys` counts them, those of an input method too."""

    def __init__(self, reader: Reader) -> None:
        self.keyboard, self.keys = reader.page.keyboard, 0

    async def type(self, text: str) -> None:
        for letter in text:
            await self.keyboard.press({"\t": "Tab", "\n": "Enter"}.get(letter, letter), delay=KEY_MS)
            self.keys += 1

    async def write_by_pinyin(self, keys: str, text: str) -> None:
        self.keys += len(keys)
        await self.keyboard.insert_text(text)


def own_members(tx: Transaction) -> list[Any]:
    """Open members of the recorder's community with a card, and the shortest clue by which each is the only one found:
    the initials, or the last four digits of the card."""
    statement = (
        sa.select(MEMBER.c.id, MEMBER.c.name, MEMBER.c.name_initials, MEMBER.c.phone, CARD.c.card_no)
        .join_from(MEMBER, CARD, CARD.c.member_id == MEMBER.c.id)
        .join(BRANCH, BRANCH.c.id == MEMBER.c.branch_id)
        .where(CARD.c.state == CardState.ACTIVE, MEMBER.c.closed_at.is_(None), BRANCH.c.path.startswith("/1/2/3/"))
        .order_by(MEMBER.c.id)
    )
    rows = tx.all(statement)
    phones = {(phone_of(tx, row.id, row.phone) or "")[-4:] for row in rows}
    initials = [row.name_initials for row in rows]
    return [
        SimpleNamespace(**row._asdict(), clue=row.name_initials if is_alone else row.card_no[-4:])
        for row in rows
        if row.card_no[-4:] not in phones
        for is_alone in [sum(each.startswith(row.name_initials) for each in initials) == 1]
    ]


def latest_service(tx: Transaction) -> Any:
    """A day and the card of somebody of the community who served on it."""
    members = {row.id: row.card_no for row in own_members(tx)}
    lines = tx.all(sa.select(LINE.c.member_id, LINE.c.service_on).order_by(LINE.c.service_on.desc()))
    row = next(row for row in lines if row.member_id in members)
    return SimpleNamespace(service_on=row.service_on, card_no=members[row.member_id])


def latest_sheet(tx: Transaction) -> tuple[str, datetime, int]:
    """The sheet that was entered last: its title, when it began, and how many people are on it."""
    latest = tx.one(sa.select(ACTIVITY).order_by(ACTIVITY.c.id.desc()).limit(1))
    people = tx.scalar(sa.select(sa.func.count()).where(LINE.c.activity_id == latest.id))
    return latest.title, latest.started_at, people
