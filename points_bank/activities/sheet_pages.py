"""Entering a paper sheet: one form that carries the sheet so far, and its parts that come while one types.

Everything can be done with the form alone. With scripts (`static/sheet.js`) the same form is sent in the background,
and of the answer only what changed is put in.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery, QueryParameter
from msgspec.structs import replace

from points_bank.activities.drafting import (
    DraftSeen,
    Match,
    draft_seen,
    match_people,
    same_weekday,
    search_people,
    sheet_again,
)
from points_bank.activities.handwriting import Named, read_clock, read_day, read_list
from points_bank.activities.logbook import LoggedActivity, log_activity
from points_bank.activities.reading import ActivityLine
from points_bank.activities.shapes import CaseReference, Evidence, Headcount, PreviewLineOut, preview_line
from points_bank.activities.sheet import CASE_NEEDED, ENDS_BEFORE_START, Sheet, SheetLine
from points_bank.clock import at_time
from points_bank.errors import Invalid, PointsBankError, message
from points_bank.members.search import Clue, clue_of, plain_text
from points_bank.rules.points import CaseOutcome
from points_bank.rules.rule_set import ServiceRole
from points_bank.searching import search
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, is_part_asked, show
from points_bank.site.visits import spoken
from points_bank.site.words import THEMES
from points_bank.web import Asking, Id, Line, QueryId, database_of, staff, today

Fields = Mapping[str, Sequence[str]]

NIGHT_SHIFT = timedelta(hours=12)
"""Who ends before they began served over midnight, up to so long; more is a slip of the pen."""
MOST_PASTED = 20_000
MOST_NAMED = 200

NO_DAY = message("A day such as 11-14.")
NO_TIME = message("A time such as 8:30 or 0830.")
TOO_MUCH_PASTED = message("That is too much to be a list of people: paste at most {most} names or numbers.")
NOBODY_FOUND = message("Nobody found for “{text}”. Try the last 4 digits of the card or the phone.")
NOBODY_FOUND_OF = message("Not found: {texts}. Try the last 4 digits of the card or the phone.")
SEVERAL_FOUND = message("“{text}” may be several people: choose one.")
ADDED = message("Added to the sheet: {people}.")
ON_SHEET = message("Already on the sheet: {people}.")
NO_MINUTES = message("Whole minutes, such as 90.")
NOT_ADDED = message("Not on the sheet yet. Add them, or empty this field.")


class WholeSheet(msgspec.Struct, kw_only=True):
    """The form as it is saved. Minutes and leads of single people stand in fields of their own, by member."""

    branch_id: Id
    role: ServiceRole
    title: Line
    on: str
    from_time: str
    until_time: str
    theme: Line | None = None
    place: Line | None = None
    evidence: Evidence | None = None
    headcount: Headcount | None = None
    case_reference: CaseReference | None = None
    outcome: CaseOutcome | None = None
    followed_up: str | None = None
    member_id: list[Id] = []


class Note(msgspec.Struct, frozen=True):
    """A sentence about what was just done, with its values."""

    sentence: str
    values: dict[str, object]


class SheetPage(Page, frozen=True, kw_only=True):
    """The form. `matches` are those of a search or a pasted list among whom somebody has to be chosen."""

    template: ClassVar[str] = "staff/sheet.html"
    is_part: ClassVar[bool] = False
    draft: DraftSeen
    lines: Mapping[int, PreviewLineOut]
    matches: Sequence[Match]
    notes: Sequence[Note]
    minutes: int | None
    on: date | None
    roles: Sequence[ServiceRole] = (ServiceRole.SERVICE, ServiceRole.PUBLICITY, ServiceRole.MEDIATION)
    most_pasted: int = MOST_PASTED
    most_named: int = MOST_NAMED
    themes: Mapping[str, str] = msgspec.field(default_factory=lambda: THEMES)

    @property
    def ordinary(self) -> PreviewLineOut | None:
        """A line as most of them are: the whole time, uncut; its arithmetic is told once for all of them."""
        return next((line for line in self.lines.values() if self.is_ordinary(line)), None)

    def whose(self, name: str) -> str:
        """The person whose minutes a field holds; empty for other fields."""
        people = {f"minutes-{person.id}": person.name for person in self.draft.people}
        return people.get(name, "")

    def is_ordinary(self, line: PreviewLineOut) -> bool:
        return (
            line.minutes == self.minutes and not line.cut and not line.overlap_minutes and "+" not in line.explanation
        )


class SheetPart(SheetPage, frozen=True, kw_only=True):
    """Of the form only what changes while people are added; the sentences about its other fields are told here."""

    template: ClassVar[str] = "staff/sheet_people.html"
    is_part: ClassVar[bool] = True


class FoundPart(Page, frozen=True, kw_only=True):
    """Who may be meant by what is being typed."""

    template: ClassVar[str] = "staff/sheet_found.html"
    match: Match
    refusal: PointsBankError | None


@get("/staff/sheet")
async def get_sheet(
    request: Asking,
    branch_id: FromQuery[QueryId] = None,
    like: FromQuery[QueryId] = None,
    same_day: FromQuery[bool] = False,
) -> Response[str]:
    """An empty sheet, or one that begins as a former one: for the latest same day of the week, or the same day."""
    values: Fields = {"branch_id": [str(branch_id)]} if branch_id else {}
    if like is not None:
        former, lines = await database_of(request).read(sheet_again, like, by=staff(request))
        on = former.service_on if same_day else same_weekday(former.service_on, today=today(request))
        values = _copied(request, former, lines, on)
    return await _show(request, Form(values))


@get("/staff/sheet/people")
async def get_people(request: Asking, q: Annotated[str, QueryParameter(max_length=80)] = "") -> Response[str]:
    """Who may be meant by what was typed so far, best shown as a list to choose from."""
    match, refusal = await _search(request, q)
    return show(request, FoundPart(match=match, refusal=refusal))


@post("/staff/sheet", status_code=200)
async def post_sheet(request: Asking) -> Response[Any]:
    """What a button of the form asks for: find somebody, add or take off somebody, add a list, save."""
    form = await sent_form(request)
    deed, _, whom = form.value("do", "search").partition("-")
    if deed == "save":
        return await _save(request, form)
    if deed == "add":
        more = _adding(form, whom)
        return await (_paste(request, more) if more.value("pasted") else _show(request, more))
    if deed == "drop":
        kept = [each for each in form.all("member_id") if each != whom]
        return await _show(request, _with(form, member_id=kept))
    if deed == "paste":
        return await _paste(request, form)
    if deed == "preview":
        return await _show(request, form)
    return await _find(request, form)


async def _save(request: Asking, form: Form) -> Response[Any]:
    try:
        if left := {name: NOT_ADDED for name in ("q", "pasted") if form.value(name)}:
            raise Invalid(left)
        sheet = _sheet(request, form)
        answer = await write_form(request, form, LoggedActivity, log_activity, sheet, by=staff(request))
    except PointsBankError as refusal:
        return await _show(request, form.refused(_in_form(refusal, form)), is_whole=True)
    return go_to(f"/staff/activities/{answer.outcome.id}?done=logged")


async def _find(request: Asking, form: Form) -> Response[Any]:
    """Without scripts: the only one who is found is added at once, among several one is to be chosen."""
    text = form.value("q")
    if not text:
        return await _show(request, form)
    match, refusal = await _search(request, text)
    if refusal is not None:
        return await _show(request, form.refused(refusal))
    if len(match.people) == 1:
        return await _show(request, _adding(form, str(match.people[0].id)))
    notes = [] if match.people else [Note(NOBODY_FOUND, {"text": text})]
    return await _show(request, form, matches=[match] if match.people else [], notes=notes)


async def _paste(request: Asking, form: Form) -> Response[Any]:
    """Add whom a pasted list names. Who is not found, or may be several, stays in the field to be mended."""
    pasted = form.value("pasted")
    named = read_list(pasted) if len(pasted) <= MOST_PASTED else []
    if len(pasted) > MOST_PASTED or len(named) > MOST_NAMED:
        shortened = _with(form, pasted=[pasted[:MOST_PASTED]])
        return await _show(request, shortened.refused(Invalid({"pasted": TOO_MUCH_PASTED}, most=MOST_NAMED)))
    try:
        matches = await _match(request, named)
    except PointsBankError as refusal:
        return await _show(request, form.refused(refusal))
    sure = [match.people[0] for match in matches if len(match.people) == 1]
    unsure = [match for match in matches if len(match.people) != 1]
    before = set(form.all("member_id"))
    added = [person.name for person in sure if str(person.id) not in before]
    there = [person.name for person in sure if str(person.id) in before]
    unknown = [match.text for match in unsure if not match.people]
    told = ((ADDED, "people", added), (ON_SHEET, "people", there), (NOBODY_FOUND_OF, "texts", unknown))
    notes = [Note(sentence, {name: texts}) for sentence, name, texts in told if texts]
    everybody = list(dict.fromkeys([*form.all("member_id"), *(str(person.id) for person in sure)]))
    left = _with(form, member_id=everybody, pasted=["\n".join(match.text for match in unsure)])
    return await _show(request, left, matches=[match for match in unsure if match.people], notes=notes)


async def _search(request: Asking, text: str) -> tuple[Match, PointsBankError | None]:
    try:
        return (await _match(request, [text]))[0], None
    except PointsBankError as refusal:
        return Match(text, []), refusal


async def _match(request: Asking, asked: Sequence[Named] | Sequence[str]) -> Sequence[Match]:
    """Who is meant; a whole card number is looked up in a write, since it lets a visitor in."""
    database, by = database_of(request), staff(request)
    texts = [each if isinstance(each, str) else each.number for each in asked]
    run = database.write if any(clue_of(plain_text(text)) is Clue.CARD for text in texts) else database.read

    def matched(tx: Any, by: Any) -> list[Match]:
        return [
            search_people(tx, each, by=by) if isinstance(each, str) else match_people(tx, [each], by=by)[0]
            for each in asked
        ]

    return await search(request, run, matched, by=by, people=lambda found: sum(len(match.people) for match in found))


async def _show(
    request: Asking,
    form: Form,
    *,
    matches: Sequence[Match] = (),
    notes: Sequence[Note] = (),
    is_whole: bool = False,
) -> Response[str]:
    """The form with what it comes to so far; what is not there yet to reckon with is no mistake until one saves."""
    status = None
    try:
        sheet = _sheet(request, form, is_draft=True)
    except Invalid as refusal:
        sheet = None
        if form.refusal is None and (mistakes := _mistakes(refusal, form)):
            form, status = form.refused(Invalid(mistakes, **refusal.values)), 200
    ids = [int(each) for each in form.all("member_id") if each.isdecimal() and len(each) < 19]
    draft = await database_of(request).read(draft_seen, sheet=sheet, member_ids=ids, by=staff(request))
    if draft.refusal is not None and form.refusal is None:
        form, status = form.refused(_in_form(draft.refusal, form)), 200
    kind = SheetPart if is_part_asked(request) and not is_whole else SheetPage
    page = kind(
        draft=draft,
        lines={line.member_id: preview_line(line, spoken(request)) for line in draft.reckoned.values()},
        matches=matches,
        notes=notes,
        minutes=sheet.minutes if sheet else None,
        on=read_day(form.value("on", today(request)), today=today(request)),
    )
    return show(request, page, form, status_code=status)


def _mistakes(refusal: Invalid, form: Form) -> Mapping[str, str]:
    """What is typed and wrong, but for the field that is being typed in."""
    typed = {name for name in refusal.fields if form.value(name) and name != form.value("typing")}
    return {name: sentence for name, sentence in refusal.fields.items() if name in typed}


def _adding(form: Form, whom: str) -> Form:
    """The form with one more person and nothing left of the search; the entry of a pasted list that they were goes."""
    everybody = list(dict.fromkeys([*form.all("member_id"), whom]))
    meant = form.value("meant-" + whom)
    pasted = [line for line in form.value("pasted").split("\n") if line != meant]
    return _with(form, member_id=everybody, q=[], pasted=["\n".join(pasted)])


def _with(form: Form, **changed: Sequence[str]) -> Form:
    return replace(form, values={**form.values, **changed})


def _sheet(request: Asking, form: Form, *, is_draft: bool = False) -> Sheet:
    """The sheet that a form means. Refuses `invalid` by the names of the form's fields.

    A draft is only reckoned, so that it needs no title yet.
    """
    if is_draft:
        form = _with(form, title=[form.value("title") or "-"])
    sent, zone, day = form.read(WholeSheet), database_of(request).settings.zone, today(request)
    problems: dict[str, str] = {}
    on, begins, ends = read_day(sent.on, today=day), read_clock(sent.from_time), read_clock(sent.until_time)
    followed_up_on = read_day(sent.followed_up, today=day) if sent.followed_up else None
    problems |= {} if on else {"on": NO_DAY}
    problems |= {} if begins else {"from_time": NO_TIME}
    problems |= {} if ends else {"until_time": NO_TIME}
    problems |= {"followed_up": NO_DAY} if sent.followed_up and not followed_up_on else {}
    if problems or on is None or begins is None or ends is None:
        raise Invalid(problems)
    started_at, ended_at = at_time(on, begins, zone), at_time(on, ends, zone)
    if ended_at <= started_at:
        ended_at = at_time(on + timedelta(days=1), ends, zone)
        if ended_at - started_at > NIGHT_SHIFT:
            raise Invalid({"until_time": ENDS_BEFORE_START})
    is_case = sent.role is ServiceRole.MEDIATION
    lines = [_line(form, member_id) for member_id in sent.member_id]
    case = {"case_reference": sent.case_reference, "case_outcome": sent.outcome, "followed_up_on": followed_up_on}
    if is_case:
        lines = [msgspec.structs.replace(line, **case) for line in lines]
    return Sheet(
        branch_id=sent.branch_id, role=sent.role, title=sent.title, theme=sent.theme, place=sent.place,
        evidence=sent.evidence, headcount=sent.headcount, started_at=started_at, ended_at=ended_at, lines=lines,
    )  # fmt: skip


def _line(form: Form, member_id: int) -> SheetLine:
    typed = form.value(f"minutes-{member_id}")
    if typed and not (typed.isdecimal() and len(typed) < 6):
        raise Invalid({f"minutes-{member_id}": NO_MINUTES})
    is_lead = bool(form.value(f"lead-{member_id}"))
    return SheetLine(member_id=member_id, minutes=int(typed) if typed else None, is_lead=is_lead)


def _in_form(refusal: PointsBankError, form: Form) -> PointsBankError:
    """What the logbook found wrong, by the names that the form has for it."""
    if not isinstance(refusal, Invalid):
        return refusal
    people = form.all("member_id")
    names = {"started_at": "from_time", "ended_at": "until_time", "participations": "q"}
    problems = {}
    for path, sentence in refusal.fields.items():
        place, _, field = path.removeprefix("participations[").partition("].")
        if not field or not place.isdecimal():
            problems[names.get(path, path)] = sentence
        elif sentence == CASE_NEEDED or field in {"case_reference", "outcome", "followed_up_on"}:
            problems["followed_up" if field == "followed_up_on" else field] = sentence
        else:
            problems[f"minutes-{people[int(place)]}"] = sentence
    return Invalid(problems, **refusal.values)


def _copied(request: Asking, former: ActivityLine, lines: Sequence[tuple[int, int, bool]], on: date) -> Fields:
    """The fields of a form that begins as a former sheet. Minutes are named only where they were not the whole time."""
    zone = database_of(request).settings.zone
    values: dict[str, Sequence[str]] = {
        "branch_id": [str(former.branch_id)],
        "role": [former.role.value],
        "title": [former.title],
        "theme": [former.theme or ""],
        "place": [former.place or ""],
        "on": [on.isoformat()],
        "from_time": [f"{former.started_at.astimezone(zone):%H:%M}"],
        "until_time": [f"{former.ended_at.astimezone(zone):%H:%M}"],
        "member_id": [str(member_id) for member_id, _, _ in lines],
    }
    whole = int((former.ended_at - former.started_at).total_seconds()) // 60
    values |= {f"minutes-{member_id}": [str(minutes)] for member_id, minutes, _ in lines if minutes != whole}
    return values | {f"lead-{member_id}": ["true"] for member_id, _, is_lead in lines if is_lead}


PAGES: list[Any] = [get_sheet, get_people, post_sheet]
