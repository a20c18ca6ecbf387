"""A sheet while it is being written: who is meant, what it comes to so far, and former sheets to begin from."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import msgspec
import sqlalchemy as sa

from points_bank.activities.handwriting import Named
from points_bank.activities.logbook import LoggedActivity, LoggedLine, preview_activity
from points_bank.activities.models import ActivityState, ParticipationState
from points_bank.activities.office import returned_to
from points_bank.activities.reading import BRANCH, ActivityLine, activity_seen, lines_of, list_activities
from points_bank.activities.sheet import Sheet
from points_bank.actor import Actor, Task
from points_bank.branches.tree import BranchLine, list_branches
from points_bank.errors import Invalid, PointsBankError
from points_bank.members.record import MemberRecord, records_of
from points_bank.members.search import Clue, Visitor, clue_of, find_by_card, find_members, plain_text
from points_bank.members.several import members_seen
from points_bank.transaction import Transaction

MOST_CHOICES = 8
MOST_BRANCHES = 500
FORMER_SHEETS = 5
WEEK = timedelta(days=7)


class SheetPerson(msgspec.Struct, frozen=True):
    """Somebody as a sheet shows them: enough to tell two of one name apart."""

    id: int
    name: str
    card_tail: str
    branch_name: str
    is_closed: bool


class Match(msgspec.Struct, frozen=True):
    """Who may be meant by a text: nobody, one, or several to choose from, at most `MOST_CHOICES`."""

    text: str
    people: Sequence[SheetPerson]


class DraftSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What a page about a sheet shows. `reckoned` is what it comes to, by member, and empty where `refusal` says no."""

    branches: Sequence[BranchLine]
    people: Sequence[SheetPerson]
    reckoned: Mapping[int, LoggedLine]
    is_late: bool
    refusal: PointsBankError | None
    former: Sequence[ActivityLine]
    returned: Sequence[ActivityLine]

    @property
    def points(self) -> int:
        return sum(line.points for line in self.reckoned.values() if line.state is not ParticipationState.HELD)

    @property
    def held(self) -> int:
        return sum(line.state is ParticipationState.HELD for line in self.reckoned.values())


_NAMES = sa.select(BRANCH.c.id, BRANCH.c.name).where(BRANCH.c.id.in_(sa.bindparam("ids", expanding=True)))


def draft_seen(tx: Transaction, *, sheet: Sheet | None, member_ids: Sequence[int], by: Actor) -> DraftSeen:
    """A sheet so far. Without `sheet` (times are missing, say) nothing is reckoned yet."""
    paths = by.paths(Task.LOG)
    seen = list_branches(tx, under=None, limit=MOST_BRANCHES, by=by)
    reckoned, refusal = _reckon(tx, sheet, by)
    return DraftSeen(
        branches=[each for each in seen if each.path.startswith(paths) and each.is_valid(tx.today)],
        people=people_of(tx, member_ids, by=by),
        reckoned={line.member_id: line for line in reckoned.lines} if reckoned else {},
        is_late=reckoned is not None and reckoned.is_late,
        refusal=refusal,
        former=_former(tx, by),
        returned=returned_to(tx, by=by),
    )


def people_of(tx: Transaction, member_ids: Sequence[int], *, by: Actor) -> list[SheetPerson]:
    """Those of the members whom the actor may log, in the order given."""
    seen = members_seen(tx, member_ids, task=Task.LOG, by=by) if member_ids else {}
    found = {each.id: each for each in _people(tx, records_of(tx, sorted(seen)))} if seen else {}
    return [found[member_id] for member_id in dict.fromkeys(member_ids) if member_id in found]


def match_people(tx: Transaction, asked: Sequence[Named], *, by: Actor) -> list[Match]:
    """Who is meant by each entry of a list; a write, for a whole card number lets a visitor in.

    By number where there is one, and then only who has that name too, if one stands beside it.
    """
    matches = []
    for each in asked:
        found = _found(tx, each.number or each.name, by)
        if each.number and each.name:
            found = [person for person in found if person.name in each.name or each.name in person.name]
        elif not each.number and len(found) > 1:
            found = [person for person in found if person.name == each.name] or found
        matches.append(Match(each.text, found))
    return matches


def search_people(tx: Transaction, text: str, *, by: Actor) -> Match:
    """Who may be meant by what was typed so far; a write, as `match_people`."""
    return Match(text, _found(tx, text, by))


def sheet_again(tx: Transaction, activity_id: int, *, by: Actor) -> tuple[ActivityLine, list[tuple[int, int, bool]]]:
    """A former sheet to copy from, and of everybody who was not struck from it the member, minutes and lead."""
    activity = activity_seen(tx, activity_id, task=Task.LOG, by=by)
    # Of a sheet that came back as a whole, every line was struck.
    was_returned = activity.state is ActivityState.RETURNED
    lines = [
        line for line in lines_of(tx, activity_id) if was_returned or line.state is not ParticipationState.REJECTED
    ]
    return activity, [(line.member_id, line.minutes, line.is_lead) for line in lines]


def same_weekday(service_on: date, *, today: date) -> date:
    """The last day up to today that lies whole weeks after a day, and today where no week has passed yet."""
    weeks = (today - service_on) // WEEK
    return service_on + weeks * WEEK if weeks > 0 else today


def _reckon(tx: Transaction, sheet: Sheet | None, by: Actor) -> tuple[LoggedActivity | None, PointsBankError | None]:
    if sheet is None or not sheet.lines:
        return None, None
    try:
        return preview_activity(tx, sheet, by=by), None
    except PointsBankError as refusal:
        return None, refusal


def _found(tx: Transaction, text: str, by: Actor) -> list[SheetPerson]:
    """Open members whom a text fits. What cannot be searched for finds nobody."""
    try:
        text = plain_text(text)
        clue = clue_of(text)
        if clue is Clue.NOTHING:
            return []
        found: Sequence[MemberRecord | Visitor]
        if clue is Clue.CARD:
            found = find_by_card(tx, text, by=by)
        else:
            found = find_members(tx, text=text, limit=MOST_CHOICES, by=by)[:MOST_CHOICES]
    except Invalid:
        return []
    return [each for each in _people(tx, found) if not each.is_closed]


def _people(tx: Transaction, found: Sequence[MemberRecord | Visitor]) -> list[SheetPerson]:
    names = {row.id: row.name for row in tx.all(_NAMES, ids=sorted({each.branch_id for each in found}))}
    return [
        SheetPerson(
            each.id,
            each.name,
            (each.card_no or "")[-4:],
            names[each.branch_id],
            isinstance(each, MemberRecord) and each.closed_at is not None,
        )
        for each in found
    ]


def _former(tx: Transaction, by: Actor) -> list[ActivityLine]:
    """The actor's latest sheets, one for each title, that may be entered again for another day."""
    met: dict[str, ActivityLine] = {}
    for each in list_activities(tx, limit=40, by=by):
        if each.state is not ActivityState.REJECTED and by.may(Task.LOG, each.branch_path):
            met.setdefault(each.title, each)
    return list(met.values())[:FORMER_SHEETS]
