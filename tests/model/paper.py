"""A bank kept on paper: the same rules told once more in plain Python, with nothing of the real one but its words.

It has one branch, one desk and the rule set below. It says what an act must answer or refuse, and what must then stand
in every passbook.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.model.passbook import Awarded, Passbook

DAY_CAP, MONTH_CAP, SESSIONS = 60, 180, 2
MINIMUM, VISIT_ITEMS, MONTH_LIMIT = 20, 3, 150
FLOOR, GRACE = -60, timedelta(days=30)
APPROVED = ("under_notice", "frozen", "settled")
LEAST_GIFT = 10
RESERVED_FOR = timedelta(days=30)
LEAD = 5
Midnight = Callable[[date], datetime]
"""24:00 of a day, in the district's time."""
RULES = {
    "month_cap_points = 400": f"month_cap_points = {MONTH_CAP}",
    "years_kept = 1": "years_kept = 0",
    "redemption_minimum_points = 100": f"redemption_minimum_points = {MINIMUM}",
    "month_limit_points = 500": f"month_limit_points = {MONTH_LIMIT}",
    "balance_floor_points = -200": f"balance_floor_points = {FLOOR}",
}
"""What is changed in R1, so that chance meets every limit within a few steps. A lot lapses with its year of service."""


class Refused(Exception):
    """The code of what the bank must say no with."""


@dataclass
class Line:
    """One person in one activity."""

    sheet: "Sheet"
    person: int
    minutes: int
    is_lead: bool
    state: str = "logged"
    points: int = 0
    earned_by_rule: bool = False
    awards: list[Awarded] = field(default_factory=list)
    objection: str | None = None
    """None, `pending`, or `resolved` with no correction since."""
    settles_at: datetime | None = None
    """For a line that was freed after its sheet's notice."""
    id: int = 0

    @property
    def ended_at(self) -> datetime:
        return self.sheet.started_at + timedelta(minutes=self.minutes)


@dataclass
class Sheet:
    number: int
    role: str
    started_at: datetime
    minutes: int
    state: str = "logged"
    lines: list[Line] = field(default_factory=list)
    settles_at: datetime | None = None

    @property
    def on(self) -> date:
        return self.started_at.date()


@dataclass
class Exchange:
    person: int
    goods: dict[int, int]
    amount: int
    month: tuple[int, int]
    state: str
    expires_at: datetime | None
    parts: list[tuple[date, int]]


Due = tuple[datetime, int, int, Exchange | Sheet | Line | None]
"""When, in what order at one instant, by which number, and what; None is the lapse of lots."""


@dataclass
class Paper:
    """`now` is the district's time. People and rewards go by their place; `stock` is what is left of each reward."""

    costs: list[int]
    stock: list[int]
    people: list[Passbook]
    now: datetime
    sheets: list[Sheet] = field(default_factory=list)
    exchanges: dict[int, Exchange] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.date()

    # --- the logbook ---

    def log(self, sheet: Sheet) -> None:
        """Enter a sheet with its lines; the points and state of each line are filled in."""
        if any(_is_same(sheet, other) for other in self.sheets if other.state != "returned"):
            raise Refused("duplicate_activity")
        for line in sheet.lines:
            self._reckon(line, line.minutes)
            line.state = "held" if self._overlaps(line) else "logged"
        self.sheets.append(sheet)

    def approve(self, sheet: Sheet) -> None:
        self._undecided(sheet)
        lines = [line for line in sheet.lines if line.state != "rejected"]
        if any(line.state == "held" for line in lines):
            raise Refused("overlapping_service")
        for line in lines:
            line.state = "under_notice"
            self._reckon(line, line.minutes)
        sheet.state = "under_notice"

    def turn_down(self, sheet: Sheet, state: str) -> None:
        self._undecided(sheet)
        sheet.state = state
        for line in sheet.lines:
            self._strike(line)

    def reject_line(self, line: Line) -> None:
        self._undecided(line.sheet)
        if line.state == "rejected":
            raise Refused("already_approved")
        self._strike(line)

    def correct(self, line: Line, minutes: int) -> None:
        """Both people agree; `check_correction` is what the first of them is told."""
        self._change(line, minutes)
        if line.objection == "resolved":
            line.objection = None

    def _change(self, line: Line, minutes: int) -> None:
        before = (line.points, line.minutes, line.earned_by_rule)
        self._reckon(line, minutes)
        more, line.minutes = line.points - before[0], minutes
        if line.state != "settled":
            return
        book = self.people[line.person]
        if more < 0:
            lapsed = sum(points for on, points in book.lots.items() if on < self.today)
            if book.balance - lapsed + more < FLOOR:
                line.points, line.minutes, line.earned_by_rule = before
                raise Refused("balance_floor")
            self._reverse(book, line, -more)
        elif more > 0:
            line.awards.append(self._award(book, line.sheet.on, more))
        book.honour += more
        book.minutes += minutes - before[1]
        book.activities += (minutes > 0) - (before[1] > 0)

    def object_to(self, line: Line) -> None:
        """One and the same person objects, each time."""
        if line.state in ("logged", "held"):
            raise Refused("not_approved")
        if line.state == "rejected":
            raise Refused("already_approved")
        if line.objection is not None:
            raise Refused("objection_pending" if line.objection == "pending" else "already_approved")
        line.objection = "pending"
        if line.state == "under_notice":
            line.state, line.settles_at = "frozen", None

    def resolve(self, line: Line, *, upheld: bool, next_midnight: datetime) -> None:
        """Only a line that has not settled is upheld here: for others a correction would be proposed."""
        line.objection = "resolved"
        if line.state != "frozen":
            return
        if upheld:
            self._strike(line)
            return
        line.state = "under_notice"
        is_over = line.sheet.settles_at is None or line.sheet.settles_at <= self.now or line.sheet.state == "settled"
        line.settles_at = next_midnight if is_over else None

    def check_correction(self, line: Line, minutes: int) -> None:
        if line.state not in APPROVED:
            raise Refused("not_approved")
        if minutes > line.sheet.minutes or minutes == line.minutes:
            raise Refused("invalid")
        if minutes > line.minutes and self._overlaps(line, minutes):
            raise Refused("overlapping_service")

    def _undecided(self, sheet: Sheet) -> None:
        if sheet.state != "logged":
            raise Refused("already_approved")

    def _strike(self, line: Line) -> None:
        line.state, line.points, line.earned_by_rule = "rejected", 0, False

    def _reckon(self, line: Line, minutes: int) -> None:
        """R1 for publicity and service: what the role gives, 5 for who leads, then what the caps leave of it."""
        of_day = [each for each in self._counted_before(line) if each.sheet.on == line.sheet.on]
        if line.sheet.role == "service":
            points = min(minutes, 240) // 30 * 5
        else:
            sessions = [each for each in of_day if each.sheet.role == "publicity" and each.earned_by_rule]
            points = 10 if minutes >= 30 and len(sessions) < SESSIONS else 0
        line.earned_by_rule = points > 0
        if points and line.is_lead:
            points += LEAD
        of_month = sum(each.points for each in self._counted_before(line) if _is_same_month(each, line))
        points = min(points, max(0, DAY_CAP - sum(each.points for each in of_day)))
        line.points = min(points, max(0, MONTH_CAP - of_month))

    def _counted_before(self, line: Line) -> list[Line]:
        return [
            each
            for sheet in self.sheets
            for each in sheet.lines
            if sheet is not line.sheet
            and each.person == line.person
            and (each.state in APPROVED or (each.state == "logged" and sheet.number < line.sheet.number))
        ]

    def _overlaps(self, line: Line, minutes: int | None = None) -> bool:
        start = line.sheet.started_at
        end = start + timedelta(minutes=line.minutes if minutes is None else minutes)
        return any(
            each.sheet.started_at < end and start < each.ended_at
            for sheet in self.sheets
            for each in sheet.lines
            if sheet is not line.sheet and each.person == line.person and each.state != "rejected" and each.minutes
        )

    # --- the ledger ---

    def _award(self, book: Passbook, on: date, points: int) -> Awarded:
        lapses_on = date(on.year, 12, 31)
        return Awarded(points, book.put(points, lapses_on if lapses_on >= self.today else self.today + GRACE))

    def _reverse(self, book: Passbook, line: Line, points: int) -> None:
        book.lapse(self.today)
        book.take(points, first=[each.lot for each in line.awards])
        for each in reversed(line.awards):
            part = min(each.left, points)
            each.left -= part
            points -= part
        assert points == 0, "no more is reversed than was awarded"

    def give(self, giver: int, receiver: int | None, points: int) -> None:
        """To another member, each lot as one of the same date; or to the help pool, where `receiver` is None."""
        book = self.people[giver]
        if points < LEAST_GIFT or giver == receiver:
            raise Refused("invalid")
        if book.balance < 0:
            raise Refused("balance_below_zero")
        if points > book.spendable(self.today):
            raise Refused("insufficient_points")
        book.lapse(self.today)
        parts = book.take(points)
        if receiver is not None:
            for lapses_on, part in parts:
                self.people[receiver].put(part, lapses_on)

    # --- the desk ---

    def order(self, number: int, person: int, goods: dict[int, int], *, is_reserved: bool) -> None:
        """Redeem or reserve; `number` is how the exchange is known from then on."""
        book = self.people[person]
        amount = sum(self.costs[reward] * quantity for reward, quantity in goods.items())
        self._check_order(person, goods, amount)
        book.lapse(self.today)
        for reward, quantity in goods.items():
            self.stock[reward] -= quantity
        self.exchanges[number] = Exchange(
            person,
            goods,
            amount,
            (self.today.year, self.today.month),
            "reserved" if is_reserved else "collected",
            self.now + RESERVED_FOR if is_reserved else None,
            book.take(amount),
        )

    def _check_order(self, person: int, goods: dict[int, int], amount: int) -> None:
        book = self.people[person]
        spendable = book.spendable(self.today)
        month = (self.today.year, self.today.month)
        used = sum(
            each.amount
            for each in self.exchanges.values()
            if each.person == person and each.month == month and each.state in ("reserved", "collected")
        )
        if book.balance < 0:
            raise Refused("balance_below_zero")
        if spendable < MINIMUM:
            raise Refused("below_redemption_minimum")
        if sum(goods.values()) > VISIT_ITEMS or used + amount > MONTH_LIMIT:
            raise Refused("redemption_limit")
        if amount > spendable:
            raise Refused("insufficient_points")
        if any(self.stock[reward] < quantity for reward, quantity in goods.items()):
            raise Refused("out_of_stock")

    def collect(self, exchange: Exchange) -> None:
        if exchange.expires_at is None:
            raise Refused("not_found")
        if exchange.state == "collected":
            raise Refused("already_collected")
        self._not_ended(exchange)
        exchange.state = "collected"

    def cancel(self, exchange: Exchange) -> None:
        self._not_ended(exchange)
        self._give_back(exchange, "cancelled", self.today)

    def _not_ended(self, exchange: Exchange) -> None:
        if exchange.state == "cancelled":
            raise Refused("already_cancelled")
        is_out = exchange.expires_at is not None and exchange.expires_at <= self.now
        if exchange.state == "expired" or (exchange.state == "reserved" and is_out):
            raise Refused("reservation_expired")

    def _give_back(self, exchange: Exchange, state: str, on: date) -> None:
        book = self.people[exchange.person]
        exchange.state = state
        for lapses_on, points in exchange.parts:
            book.put(points, on + GRACE if lapses_on < on else lapses_on)
        for reward, quantity in exchange.goods.items():
            self.stock[reward] += quantity

    # --- time ---

    def do_what_is_due(self, midnight_after: Midnight) -> None:
        """Releases, lapses and settlements up to now, oldest first; at one instant in this order."""
        while self.do_what_is_next(midnight_after):
            pass

    def do_what_is_next(self, midnight_after: Midnight) -> bool:
        """The oldest thing that is due, if any is."""
        due = self._due(midnight_after)
        if not due:
            return False
        at, _, _, thing = min(due, key=lambda each: each[:3])
        if isinstance(thing, Exchange):
            self._give_back(thing, "expired", at.date())
        elif isinstance(thing, Sheet):
            self._settle(thing)
        elif isinstance(thing, Line):
            self._settle_line(thing)
        else:
            for book in self.people:
                book.lapse(at.date())
        return True

    def has_due(self, midnight_after: Midnight) -> bool:
        return bool(self._due(midnight_after))

    def _due(self, midnight_after: Midnight) -> list[Due]:
        due: list[Due] = [
            (each.expires_at, 0, number, each)
            for number, each in self.exchanges.items()
            if each.state == "reserved" and each.expires_at is not None
        ]
        due += [(midnight_after(on), 1, 0, None) for book in self.people for on in book.lots]
        due += [
            (sheet.settles_at, 2, sheet.number, sheet)
            for sheet in self.sheets
            if sheet.state == "under_notice" and sheet.settles_at
        ]
        due += [(line.settles_at, 3, line.id, line) for sheet in self.sheets for line in sheet.lines if line.settles_at]
        return [each for each in due if each[0] <= self.now]

    def _settle(self, sheet: Sheet) -> None:
        sheet.state = "settled"
        for line in sheet.lines:
            if line.state == "under_notice" and line.settles_at is None:
                self._settle_line(line)

    def _settle_line(self, line: Line) -> None:
        line.state, line.settles_at = "settled", None
        book = self.people[line.person]
        if line.points:
            line.awards.append(self._award(book, line.sheet.on, line.points))
        book.honour += line.points
        book.minutes += line.minutes
        book.activities += line.minutes > 0


def _is_same(sheet: Sheet, other: Sheet) -> bool:
    def told(each: Sheet) -> tuple[object, ...]:
        return each.role, each.started_at, each.minutes, sorted(line.person for line in each.lines)

    return told(sheet) == told(other)


def _is_same_month(line: Line, other: Line) -> bool:
    return (line.sheet.on.year, line.sheet.on.month) == (other.sheet.on.year, other.sheet.on.month)
