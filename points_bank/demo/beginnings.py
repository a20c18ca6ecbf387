"""What comes from files: service and points of former years. And what became of those points, by order."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta
from io import StringIO

from points_bank.demo.district import Community
from points_bank.demo.neighbourhood import Deeds, Neighbourhood
from points_bank.demo.people import Resident
from points_bank.extensions.carrying_out import give_order
from points_bank.imports.api import carry_out
from points_bank.imports.incoming import Sending
from points_bank.imports.kinds import NEEDS_TWO
from points_bank.imports.models import FileKind

PAST_SESSIONS = 6
"""Of flood watch, a day each, before the bank was opened."""
WATCH_FROM, WATCH_UNTIL, WATCH_MINUTES = time(6), time(20), 840
OLD_POINTS, SAMPLE_POINTS, TWIN_POINTS = 60, 360, 30
LAPSED_DAYS_AGO = 80
"""When the points of the old paper books lapse, but those of the member that is shown, which soon will."""
LAPSES_IN_DAYS = 40
EXTENDED_BY_DAYS = 200


class Beginnings:
    """The deeds of the second day, and those that follow from them."""

    def __init__(self, here: Neighbourhood) -> None:
        self._here = here
        self.deeds: Deeds = {
            363: [self.carry_over_service, self.carry_over_points],
            95: [self.extend_before_it_lapses],
            70: [self.reinstate_what_lapsed],
            6: [self.send_a_list_with_mistakes],
        }

    async def carry_over_service(self, on: date) -> None:
        """The member that is shown kept watch with others: more than a hundred hours with this year's make a star."""
        first, *_ = self._here.communities
        core = [each for each in self._here.residents if each.person.is_core and each.community == first.branch.code]
        watch = [self._here.sample, *core[:1]]
        rows = [
            ["防汛值守", "服务", on - timedelta(days=60 + 7 * number), f"{WATCH_FROM:%H:%M}", f"{WATCH_UNTIL:%H:%M}",
             each.card_no]
            for number in range(PAST_SESSIONS) for each in watch
        ]  # fmt: skip
        headings = ["活动名称", "角色", "日期", "开始时间", "结束时间", "卡号"]
        await self._import(FileKind.ACTIVITIES, "往年志愿服务.csv", first, [headings, *rows])

    async def carry_over_points(self, on: date) -> None:
        """What was left in the old paper books, of both communities."""
        lapses_on = self._here.last_on - timedelta(days=LAPSED_DAYS_AGO)
        for place, community in enumerate(self._here.communities):
            savers = [each for each in self._here.people(place) if not each.person.is_spender][:3]
            rows: list[list[object]] = [[each.card_no, OLD_POINTS, lapses_on] for each in savers]
            if place == 0:
                twin = next(each for each in self._twins(community))
                soon = self._here.last_on + timedelta(days=LAPSES_IN_DAYS)
                rows += [[self._here.sample.card_no, SAMPLE_POINTS, soon], [twin.card_no, TWIN_POINTS, soon]]
                savers[0].has_part = True
                self._here.examples.reinstated_member_id = savers[0].id
            await self._import(FileKind.BALANCES, "老存折余额.csv", community, [["卡号", "余额", "到期日期"], *rows])

    async def extend_before_it_lapses(self, on: date) -> None:
        await self._order(1, "2号", on)

    async def reinstate_what_lapsed(self, on: date) -> None:
        self._here.examples.extension_order_id = await self._order(0, "3号", on)

    async def send_a_list_with_mistakes(self, on: date) -> None:
        """Who lives where, with one row that is right: the others wait to be corrected."""
        community = self._here.communities[1]
        somebody = self._here.somebody(1)
        rows = [
            ["户", "姓名", "卡号"],
            ["1栋101室", somebody.person.name, somebody.card_no],
            ["1栋102室", "查无此人", ""],
            ["1栋103室", "", "1234567890"],
        ]
        await self._import(FileKind.HOUSEHOLDS, "住户名单.csv", community, rows)

    async def _order(self, place: int, number: str, on: date) -> int:
        lapses_on = self._here.last_on - timedelta(days=LAPSED_DAYS_AGO)
        order = await self._here.database.write(
            give_order, order_no=f"龙党群〔{on.year}〕{number}", branch_id=self._here.communities[place].branch.id,
            lapses_on=lapses_on, new_lapses_on=lapses_on + timedelta(days=EXTENDED_BY_DAYS),
            reason=self._here.reasons.extension, by=self._here.district.administrator,
        )  # fmt: skip
        return order.id

    async def _import(self, kind: FileKind, name: str, community: Community, rows: Iterable[Sequence[object]]) -> None:
        """The recorder sends a file; one that brings something in is sent once more by the approver."""
        written = StringIO()
        csv.writer(written).writerows(rows)
        content = written.getvalue().encode("utf-8-sig")
        sending = Sending(kind=kind, branch_id=community.branch.id, name=name)
        await carry_out(self._here.database, content, sending, by=community.recorder)
        if kind in NEEDS_TWO:
            outcome = await carry_out(self._here.database, content, sending, by=community.approver)
            assert outcome.refused_rows == 0, outcome.report

    def _twins(self, community: Community) -> Iterable[Resident]:
        return (
            each for each in self._here.residents if each.person.is_twin and each.community == community.branch.code
        )
