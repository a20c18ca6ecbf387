"""Chance begins several acts at the same time. What came of them is what came of them in some order, or a fault.

The order is looked for on paper: each act in its turn has to be answered there as it was in the bank, and at the end
the paper has to say what stands in the books.
"""

import asyncio
import copy
import typing
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, ClassVar

import hypothesis.strategies as st
from hypothesis.stateful import invariant, rule

from points_bank.activities.approval import approve_activity, reject_activity, reject_participation, return_activity
from points_bank.activities.correction import approve_correction, propose_correction, reject_correction
from points_bank.activities.logbook import log_activity
from points_bank.actor import SYSTEM
from points_bank.errors import PointsBankError
from points_bank.gifts.donating import donate
from points_bank.idempotency import Answer, KeyedRequest, once
from points_bank.redemptions.cancellation import cancel_redemption
from points_bank.redemptions.desk import redeem
from points_bank.redemptions.reservation import collect_reservation, reservation_code, reserve
from points_bank.rewards.models import StockMovementKind
from points_bank.rewards.stock import Goods, move_stock
from points_bank.scheduler import run_due
from points_bank.transaction import Transaction
from points_bank.verify import differences
from tests.bank import SHANGHAI
from tests.model.paper import Line, Paper, Refused, Sheet
from tests.model.passbook import midnight_after
from tests.model.random_acts import GOODS, PEOPLE, RandomActs

MOST_TRIED = 3_000
"""Orders that begin so many times are not followed further: none fits."""
BUSY = "busy"
KINDS = [
    *("redeem", "redeem", "redeem", "reserve", "reserve", "collect", "cancel", "give", "give", "receive"),
    *("approve", "turn down", "reject line", "correct", "log", "log"),
]

OnPaper = Callable[[Paper, Any], None]
"""Do it on paper. Is given what the bank returned: ids and instants are the bank's to choose."""


@dataclass
class Deed:
    """An act that is begun together with others. Twins have one key: who asks twice may not have it done twice."""

    act: Callable[..., Any]
    args: tuple[Any, ...]
    values: dict[str, Any]
    on_paper: OnPaper
    key: str = ""
    code: str | None = None
    answer: Answer[Any] = field(default_factory=lambda: Answer(None))

    def keyed(self, tx: Transaction) -> Answer[Any]:
        request = KeyedRequest(caller="staff:1", route=self.act.__name__, key=self.key, digest=b"")
        returns = typing.get_type_hints(self.act)["return"]
        return once(tx, request, returns, lambda tx: self.act(tx, *self.args, **self.values), self.act.__name__)

    def agrees(self, paper: Paper, done: set[str]) -> bool:
        """Do it on paper, and say whether it came out as in the bank. A busy bank has done nothing."""
        if self.code == BUSY:
            return True
        if self.key in done:
            return self.code is None and self.answer.is_replayed
        try:
            self.on_paper(paper, self.answer.outcome)
        except Refused as refused:
            return self.code == str(refused)
        done.add(self.key)
        return self.code is None and not self.answer.is_replayed


@dataclass
class Orders:
    """Looks for an order in which deeds may have been done; `is_due` says that jobs did what was due in between."""

    books: list[Any]
    reading: Callable[[Paper], list[Any]]
    is_due: bool
    tried: int = 0

    def fitting(self, paper: Paper, done: set[str], left: Sequence[Deed]) -> Paper | None:
        """The paper after an order that fits, or None."""
        self.tried += 1
        if self.tried > MOST_TRIED:
            return None
        if not left and not (self.is_due and paper.has_due(midnight_after)):
            return paper if self.reading(paper) == self.books else None
        for place, deed in enumerate(left):
            after, done_after = copy.deepcopy(paper), set(done)
            if deed.agrees(after, done_after):
                found = self.fitting(after, done_after, [*left[:place], *left[place + 1 :]])
                if found is not None:
                    return found
        after = copy.deepcopy(paper)
        if self.is_due and after.do_what_is_next(midnight_after):
            return self.fitting(after, done, left)
        return None


class ActsAtOnce(RandomActs):
    """What is done one after the other makes the bank in which then much is done at once."""

    keys = 0
    faults: ClassVar[list[str]] = []
    """What no order explains, and what does not verify: kept here, because it may not come again."""

    @rule(
        data=st.data(),
        count=st.integers(2, 6),
        twins=st.integers(0, 3),
        days=st.sampled_from([0, 0, 0, 0, 5, 31]),
    )
    def at_once(self, data: st.DataObject, count: int, twins: int, days: int) -> None:
        if days:
            self.bank.clock.set(self.now() + timedelta(days))
            self.paper.now = self.now()
        self.proposed: set[int] = set()
        deeds = [deed for _ in range(count) for deed in self.draw_deeds(data)]
        if deeds:
            deeds += [copy.copy(data.draw(st.sampled_from(deeds))) for _ in range(twins)]
        self.carry_out(deeds, is_due=days > 0)

    @rule(data=st.data(), count=st.integers(4, 8))
    def everybody_at_the_desk(self, data: st.DataObject, count: int) -> None:
        """Of what there is little of, for points that others want too."""
        self.proposed = set()
        self.carry_out([self.ordering(data, is_reserved=False) for _ in range(count)], is_due=False)

    def carry_out(self, deeds: Sequence[Deed], *, is_due: bool) -> None:
        self.runner.run(self.begin_together(deeds, is_due=is_due))
        self.number(deeds)
        orders = Orders(self.read(self.in_the_books), self.paper_says, is_due)
        paper = orders.fitting(self.paper, set(), deeds)
        wrong = [] if paper is not None else [self.told(deeds)]
        wrong += map(str, self.runner.run(differences(self.bank.database)))
        self.faults.extend(wrong)
        assert wrong == []
        assert paper is not None
        self.paper = paper
        for deed in deeds:
            outcome = deed.code or ("replayed" if deed.answer.is_replayed else None)
            self.met.update([(deed.act.__name__, outcome), ("any", outcome)])
        for line_id in self.proposed:
            with suppress(PointsBankError):  # it is decided, unless its approval was refused
                self.write(reject_correction, line_id, by=self.approver)

    @invariant()
    def the_books_say_what_the_paper_says(self) -> None:
        """They are verified too where acts came at once; where one came after the other, others have done it."""
        assert self.read(self.in_the_books) == self.on_paper()

    async def begin_together(self, deeds: Sequence[Deed], *, is_due: bool) -> None:
        """All at the same time, as if from many desks; two processes look for what is due."""
        database = self.bank.database

        async def do(deed: Deed) -> None:
            try:
                deed.answer = await database.write(deed.keyed)
            except PointsBankError as refusal:
                deed.code = refusal.code

        jobs = [run_due(database), run_due(database)] if is_due else []
        await asyncio.gather(*map(do, deeds), *jobs)

    def paper_says(self, paper: Paper) -> list[Any]:
        self.paper = paper
        return self.on_paper()

    def number(self, deeds: Sequence[Deed]) -> None:
        """Exchanges and sheets are numbered on paper in the order of their ids, which is that of the acts about one
        person; how they are numbered is known to `on_paper` by the id."""
        made = {deed.answer.outcome.id: deed for deed in deeds if deed.act in (redeem, reserve) and deed.code is None}
        self.exchange_ids += sorted(made)
        logged = {deed.answer.outcome.id: deed for deed in deeds if deed.act is log_activity and deed.code is None}
        for activity_id in sorted(logged):
            self.activity_ids[len(self.activity_ids)] = activity_id

    def told(self, deeds: Sequence[Deed]) -> str:
        lines = [f"{deed.act.__name__}{deed.args} {deed.values}: {deed.code or deed.answer}" for deed in deeds]
        return "no order explains\n" + "\n".join(lines)

    # --- what may be begun ---

    def draw_deeds(self, data: st.DataObject) -> list[Deed]:
        """One deed, or none where there is nothing to do it with."""
        kind = data.draw(st.sampled_from(KINDS))
        if kind in ("redeem", "reserve"):
            return [self.ordering(data, is_reserved=kind == "reserve")]
        if kind in ("collect", "cancel"):
            return [self.ending(data, kind)] if self.paper.exchanges else []
        if kind in ("approve", "turn down"):
            return [self.deciding(data, kind)] if self.paper.sheets else []
        if kind in ("reject line", "correct"):
            return self.about_a_line(data, kind) if self.paper.sheets else []
        if kind == "log":
            return self.logging(data)
        return [{"give": self.giving, "receive": self.receiving}[kind](data)]

    def deed(self, on_paper: OnPaper, act: Callable[..., Any], *args: Any, **values: Any) -> Deed:
        ActsAtOnce.keys += 1
        return Deed(act, args, values, on_paper, key=f"k{self.keys}")

    def ordering(self, data: st.DataObject, *, is_reserved: bool) -> Deed:
        person, goods = data.draw(st.integers(0, PEOPLE - 1)), data.draw(GOODS)

        def on_paper(paper: Paper, ordered: Any) -> None:
            number = self.exchange_ids.index(ordered.id) if ordered else -1
            paper.order(number, person, goods, is_reserved=is_reserved)
            if ordered:
                paper.exchanges[number].expires_at = ordered.expires_at

        return self.deed(
            on_paper, reserve if is_reserved else redeem, desk_id=self.desk.id, member_id=self.members[person],
            items=[Goods(self.rewards[reward], quantity) for reward, quantity in goods.items()], by=SYSTEM,
        )  # fmt: skip

    def ending(self, data: st.DataObject, kind: str) -> Deed:
        number, _ = self.draw_exchange(data)
        exchange_id = self.exchange_ids[number]
        if kind == "cancel":
            return self.deed(
                lambda paper, _: paper.cancel(paper.exchanges[number]),
                cancel_redemption, exchange_id, reason="退", by=SYSTEM,
            )  # fmt: skip
        code = self.read(reservation_code, exchange_id)
        return self.deed(
            lambda paper, _: paper.collect(paper.exchanges[number]),
            collect_reservation, exchange_id, desk_id=self.desk.id, code=code, by=SYSTEM,
        )  # fmt: skip

    def deciding(self, data: st.DataObject, kind: str) -> Deed:
        sheet = self.draw_sheet(data)
        place, activity_id = self.paper.sheets.index(sheet), self.activity_ids[sheet.number]
        if kind == "turn down":
            state = data.draw(st.sampled_from(["rejected", "returned"]))
            act = {"rejected": reject_activity, "returned": return_activity}[state]
            return self.deed(
                lambda paper, _: paper.turn_down(paper.sheets[place], state),
                act, activity_id, reason="有误", by=self.approver,
            )  # fmt: skip

        def on_paper(paper: Paper, decided: Any) -> None:
            paper.approve(paper.sheets[place])
            if decided:
                paper.sheets[place].settles_at = decided.settles_at

        return self.deed(on_paper, approve_activity, activity_id, by=self.approver)

    def about_a_line(self, data: st.DataObject, kind: str) -> list[Deed]:
        line = self.draw_line(data)
        sheet, place = self.paper.sheets.index(line.sheet), line.sheet.lines.index(line)

        def on(paper: Paper) -> Line:
            return paper.sheets[sheet].lines[place]

        if kind == "reject line":
            reject = self.deed(
                lambda paper, _: paper.reject_line(on(paper)),
                reject_participation, line.id, reason="重复", by=self.approver,
            )  # fmt: skip
            return [reject]
        if line.id in self.proposed:
            return []
        minutes = data.draw(st.sampled_from([0, 30, 60, 120, 270]))
        proposed = self.both(
            lambda: self.paper.check_correction(line, minutes),
            propose_correction, line.id, minutes=minutes, reason="签到表", by=self.recorder,
        )  # fmt: skip
        if proposed is None:
            return []
        self.proposed.add(line.id)

        def correct(paper: Paper, _: Any) -> None:
            paper.check_correction(on(paper), minutes)
            paper.correct(on(paper), minutes)

        return [self.deed(correct, approve_correction, line.id, by=self.approver)]

    def giving(self, data: st.DataObject) -> Deed:
        giver = data.draw(st.integers(0, PEOPLE - 1))
        receiver = data.draw(st.none() | st.integers(0, PEOPLE - 1))
        points = data.draw(st.sampled_from([10, 30, 120]))
        to = "help_pool" if receiver is None else self.cards[receiver]
        return self.deed(
            lambda paper, _: paper.give(giver, receiver, points),
            donate, self.members[giver], points=points, to=to, by=self.clerk,
        )  # fmt: skip

    def receiving(self, data: st.DataObject) -> Deed:
        reward = data.draw(st.integers(0, len(self.rewards) - 1))

        def on_paper(paper: Paper, _: Any) -> None:
            paper.stock[reward] += 1

        received, desk_id = StockMovementKind.RECEIVED, self.desk.id
        return self.deed(
            on_paper, move_stock, self.rewards[reward], desk_id=desk_id, kind=received, quantity=1, by=SYSTEM
        )

    def logging(self, data: st.DataObject) -> list[Deed]:
        """Few days and hours, so that sheets overlap; and two people may have the same one before them."""
        days, hour = data.draw(st.integers(1, 2)), data.draw(st.sampled_from([8, 9]))
        people = data.draw(st.sampled_from([[0], [0, 1], [1, 2]]))
        start = datetime.combine(self.now().date() - timedelta(days), time(hour), SHANGHAI)

        def new_sheet() -> Sheet:
            sheet = Sheet(len(self.activity_ids), "service", start, 90)
            sheet.lines = [Line(sheet, person, sheet.minutes, is_lead=False) for person in people]
            return sheet

        def on_paper(paper: Paper, logged: Any) -> None:
            sheet = new_sheet()
            if logged:
                sheet.number = next(number for number, each in self.activity_ids.items() if each == logged.id)
                for line, written in zip(sheet.lines, logged.lines, strict=True):
                    line.id = written.id
            paper.log(sheet)

        clerks = data.draw(st.sampled_from([[self.recorder], [self.recorder, self.recorder_too]]))
        return [self.deed(on_paper, log_activity, self.sheet_in(new_sheet()), by=clerk) for clerk in clerks]
