"""The logbook: entering a sheet, and seeing beforehand what it would come to."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from points_bank import audit
from points_bank.activities.models import ActivityState, Participation, ParticipationState
from points_bank.activities.reckoning import ACTIVITY, AFTER_ALL, LINE, Draft, Session, overlaps, reckon
from points_bank.activities.sheet import NO_PERSON, Sheet, SheetLine, check_dates, check_sheet
from points_bank.actor import Actor, Task
from points_bank.branches.tree import branch_seen
from points_bank.clock import day_of
from points_bank.columns import given
from points_bank.errors import DuplicateActivity, Invalid, MemberClosed, NotFound, OwnActivity, message
from points_bank.ledger.accounts import lock_members
from points_bank.members.card_numbers import read_card_no
from points_bank.members.finding import CARD_GUESS, require_active
from points_bank.members.several import Holder, holders_of, members_seen
from points_bank.rules.in_force import rules_in_force
from points_bank.rules.points import Award
from points_bank.staff.tries import check_guesses, remember_guesses
from points_bank.suspensions.in_force import refuse_back_entry
from points_bank.transaction import Transaction

BRANCH_ENDED = message("This branch had ended by then.")


class LoggedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as entered; `id` is None in a preview. `arithmetic` is how its points came about."""

    id: int | None
    member_id: int
    state: ParticipationState
    minutes: int
    points: int
    overlap_minutes: int
    arithmetic: dict[str, Any]


class LoggedActivity(msgspec.Struct, frozen=True, kw_only=True):
    id: int | None
    state: ActivityState
    is_late: bool
    lines: list[LoggedLine]


class _Reckoned(msgspec.Struct, frozen=True):
    """A sheet with what it comes to, ready to be shown or written."""

    session: Session
    rule_set_id: int
    is_late: bool
    drafts: Sequence[Draft]
    awards: Sequence[Award]
    arithmetics: Sequence[dict[str, Any]]
    overlap_minutes: Mapping[int, int]

    @property
    def lines(self) -> Iterable[tuple[Draft, Award, dict[str, Any]]]:
        return zip(self.drafts, self.awards, self.arithmetics, strict=True)

    def state_of(self, draft: Draft) -> ParticipationState:
        return ParticipationState.HELD if draft.member_id in self.overlap_minutes else ParticipationState.LOGGED


_SAME_SHEET = sa.select(ACTIVITY.c.id).where(*given(ACTIVITY, "fingerprint"))
_ADD = sa.insert(ACTIVITY).returning(ACTIVITY.c.id)
_ADD_LINES = sa.insert(Participation).returning(LINE.c.id, LINE.c.member_id)


def log_activity(tx: Transaction, sheet: Sheet, *, by: Actor) -> LoggedActivity:
    """Enter a sheet. A line that overlaps the same person's other service is held for the approver.

    Refuses the same sheet twice (`duplicate_activity`), dates that are too late or in the future, people outside the
    recorder's branches who did not show their card, closed members, who records their own service, and
    late entries for whom they are barred (`back_entry_barred`).
    """
    sheet = _with_people(tx, sheet, by)
    lock_members(tx, [line.member_id for line in sheet.lines])
    reckoned = _reckon(tx, sheet, by)
    assert by.staff_id is not None, "sheets are entered by staff"
    activity_id = tx.scalar(
        _ADD,
        branch_id=sheet.branch_id,
        role=sheet.role,
        title=sheet.title,
        theme=sheet.theme,
        place=sheet.place,
        evidence=sheet.evidence,
        headcount=sheet.headcount,
        started_at=sheet.started_at,
        ended_at=sheet.ended_at,
        service_on=reckoned.session.service_on,
        state=ActivityState.LOGGED,
        is_late=reckoned.is_late,
        rule_set_id=reckoned.rule_set_id,
        fingerprint=sheet.fingerprint,
        recorded_by_id=by.staff_id,
        recorded_at=tx.now,
    )
    rows = tx.many(_ADD_LINES, [_row(activity_id, reckoned, *line) for line in reckoned.lines])
    audit.note(tx, by, f"activity:{activity_id}")
    return _logged(activity_id, reckoned, {row.member_id: row.id for row in rows})


def preview_activity(tx: Transaction, sheet: Sheet, *, by: Actor) -> LoggedActivity:
    """What `log_activity` would answer or refuse now, without ids; writes nothing."""
    return _logged(None, _reckon(tx, _with_people(tx, sheet, by), by), {})


def _with_people(tx: Transaction, sheet: Sheet, by: Actor) -> Sheet:
    """The sheet with everybody found, once it makes sense and the recorder may enter it."""
    branch = branch_seen(tx, sheet.branch_id, by=by)
    by.require(Task.LOG, branch.path)
    sheet = _read_cards(tx, sheet, by)
    check_sheet(sheet)
    with_card = {line.member_id for line in sheet.lines if line.card_no}
    people = members_seen(tx, [line.member_id for line in sheet.lines], task=Task.LOG, by=by, with_card=with_card)
    for line in sheet.lines:
        if line.member_id not in people:
            raise NotFound(member_id=line.member_id)
        if people[line.member_id].is_closed:
            raise MemberClosed(member_id=line.member_id)
        if line.member_id == by.member_id:
            raise OwnActivity
    return sheet


def _read_cards(tx: Transaction, sheet: Sheet, by: Actor) -> Sheet:
    """The sheet with the member of each card. Refuses mistyped and unknown numbers, and lost cards (`card_lost`)."""
    lines = [_with_card_no(line, number) for number, line in enumerate(sheet.lines)]
    card_nos = [line.card_no for line in lines if line.card_no]
    if card_nos:
        check_guesses(tx, CARD_GUESS, by=by)
    holders = holders_of(tx, card_nos) if card_nos else {}
    return replace(sheet, lines=[_with_holder(line, holders, by) for line in lines])


def _with_card_no(line: SheetLine, number: int) -> SheetLine:
    if line.card_no is None:
        return line
    field = f"participations[{number}].card_no"
    if line.member_id:
        raise Invalid({field: NO_PERSON})
    return replace(line, card_no=read_card_no(line.card_no, field=field))


def _with_holder(line: SheetLine, holders: Mapping[str, Holder], by: Actor) -> SheetLine:
    if line.card_no is None:
        return line
    holder = holders.get(line.card_no)
    if holder is None:
        raise NotFound(card_no=line.card_no, remember=partial(remember_guesses, noun=CARD_GUESS, by=by))
    require_active(holder, by)
    return replace(line, member_id=holder.member_id)


def _reckon(tx: Transaction, sheet: Sheet, by: Actor) -> _Reckoned:
    branch = branch_seen(tx, sheet.branch_id, by=by)
    service_on = day_of(sheet.started_at, tx.zone)
    if not branch.is_valid(service_on):
        raise Invalid({"branch_id": BRANCH_ENDED})
    rules = rules_in_force(tx, branch_path=branch.path, on=service_on)
    is_late = check_dates(tx, sheet, rules.rule_set)
    if is_late:
        refuse_back_entry(tx, [line.member_id for line in sheet.lines])
    if (earlier_id := tx.scalar(_SAME_SHEET, fingerprint=sheet.fingerprint)) is not None:
        raise DuplicateActivity(activity_id=earlier_id)
    session = Session(AFTER_ALL, branch.id, sheet.role, service_on)
    drafts = _drafts(sheet)
    awards = reckon(tx, rules.rule_set, session, drafts)
    arithmetics = [award.arithmetic.to_json() for award in awards]
    return _Reckoned(session, rules.id, is_late, drafts, awards, arithmetics, overlaps(tx, session, drafts))


def _drafts(sheet: Sheet) -> list[Draft]:
    return [
        Draft(
            member_id=line.member_id,
            started_at=sheet.started_at,
            minutes=sheet.minutes_of(line),
            is_lead=line.is_lead,
            case_reference=line.case_reference,
            case_outcome=line.case_outcome,
            followed_up_on=line.followed_up_on,
        )
        for line in sheet.lines
    ]


def _row(
    activity_id: int, reckoned: _Reckoned, draft: Draft, award: Award, arithmetic: dict[str, Any]
) -> dict[str, Any]:
    return {
        "activity_id": activity_id,
        "member_id": draft.member_id,
        "state": reckoned.state_of(draft),
        "role": reckoned.session.role,
        "service_on": reckoned.session.service_on,
        "started_at": draft.started_at,
        "ended_at": draft.ended_at,
        "minutes": draft.minutes,
        "points": award.points,
        "rule_points": award.arithmetic.rule_points,
        "is_lead": draft.is_lead,
        "case_reference": draft.case_reference,
        "case_outcome": draft.case_outcome,
        "followed_up_on": draft.followed_up_on,
        "arithmetic": arithmetic,
        "overlap_minutes": reckoned.overlap_minutes.get(draft.member_id, 0),
    }


def _logged(activity_id: int | None, reckoned: _Reckoned, line_ids: Mapping[int, int]) -> LoggedActivity:
    lines = [
        LoggedLine(
            id=line_ids.get(draft.member_id),
            member_id=draft.member_id,
            state=reckoned.state_of(draft),
            minutes=draft.minutes,
            points=award.points,
            overlap_minutes=reckoned.overlap_minutes.get(draft.member_id, 0),
            arithmetic=arithmetic,
        )
        for draft, award, arithmetic in reckoned.lines
    ]
    return LoggedActivity(id=activity_id, state=ActivityState.LOGGED, is_late=reckoned.is_late, lines=lines)
