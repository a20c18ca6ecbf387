"""Who may see each page and send each form, of the people who work in a branch: the pages' table of rights.

What everybody outside gets is in test_page_rights.py. A route without a row fails.
"""

import re

import httpx
from litestar import Litestar

from points_bank.actor import SYSTEM, Role
from points_bank.staff.tokens import hash_of, issue_member_token, new_token
from tests.bank import FAR
from tests.test_page_rights import Asker, Town, page_routes, staff_token
from tests.test_page_rights import town as town

MEMBER, NOBODY = "M", "N"
ROLES = dict(zip("APRCKO", Role, strict=True))
"""The columns of the table: administrator, approver, recorder, clerk, stock keeper, overseer."""
EVERYBODY = "APRCKOMN"

SEEN: dict[str, str] = {
    "/": EVERYBODY,
    "/admin": "AO",
    "/admin/audit": "AO",
    "/admin/boards": "AO",
    "/admin/branches": "AO",
    "/admin/branches/{branch_id}": "AO",
    "/admin/calendar": "AO",
    "/admin/calendar/{year}": "AO",
    "/admin/desks": "AO",
    "/admin/desks/{desk_id}": "AO",
    "/admin/goods": "APRCKO",
    "/admin/goods/{reward_id}": "APRCKO",
    "/admin/jobs": "AO",
    "/admin/rules": "AO",
    "/admin/rules/{rule_set_id}": "AO",
    "/admin/sponsors": "APRCKO",
    "/admin/sponsors/{sponsor_id}": "APRCKO",
    "/admin/sponsors/{sponsor_id}/month.xlsx": "APRCKO",
    "/admin/staff": "AO",
    "/admin/staff/{staff_id}": "AO",
    "/boards": EVERYBODY,
    "/boards/{board_id}": EVERYBODY,
    "/boards/{board_id}/live": EVERYBODY,
    "/boards/{board_id}/wall": EVERYBODY,
    "/boards/{board_id}/{period}": EVERYBODY,
    "/boards/{board_id}/{period}/poster": EVERYBODY,
    "/check": EVERYBODY,
    "/desk": "APRCKO",
    "/desk/choice": "APRCKO",
    "/desk/{desk_id}": "AC",
    "/desk/{desk_id}/members/{member_id}": "AC",
    "/desk/{desk_id}/register": "ACO",
    "/desk/{desk_id}/reservations": "AC",
    "/desk/{desk_id}/slips/{redemption_id}": "ACO",
    "/desk/{desk_id}/slips/{redemption_id}/cancellation": "ACO",
    "/desk/{desk_id}/stock": "ACK",
    "/desk/{desk_id}/write-offs": "APRCKO",
    "/health": EVERYBODY,
    "/me": "M",
    "/me/card": "M",
    "/me/certificates": "M",
    "/me/certificates/{certificate_id}": "M",
    "/me/data.json": "M",
    "/me/data.xlsx": "M",
    "/me/details": "M",
    "/me/giving": "M",
    "/me/goods": "M",
    "/me/goods/{reward_id}": "M",
    "/me/lines": "M",
    "/me/lines/{transfer_id}": "M",
    "/me/looks": "M",
    "/me/messages": "M",
    "/me/rank": "M",
    "/me/reservations/{redemption_id}": "M",
    "/me/services/{participation_id}": "M",
    "/me/suspensions": "M",
    "/metrics": EVERYBODY,
    "/pictures/{name}": EVERYBODY,
    "/ready": EVERYBODY,
    "/sessions": "APRCKOM",
    "/sign-in": EVERYBODY,
    "/staff": "APRCO",
    "/staff/activities": "APRO",
    "/staff/activities/{activity_id}": "APRO",
    "/staff/activities/{activity_id}/notice": "APRO",
    "/staff/approvals": "AP",
    "/staff/doubts": "APRO",
    "/staff/help-pool": "APRCO",
    "/staff/imports": "APR",
    "/staff/imports/{import_id}": "APR",
    "/staff/imports/{import_id}/report.csv": "APR",
    "/staff/imports/{import_id}/report.xlsx": "APR",
    "/staff/members": "APRCO",
    "/staff/members/new": "APR",
    "/staff/members/{member_id}": "APRCO",
    "/staff/members/{member_id}/card": "APRCO",
    "/staff/members/{member_id}/grant": "APR",
    "/staff/members/{member_id}/household": "APRCO",
    "/staff/members/{member_id}/suspensions": "APO",
    "/staff/month": "APRO",
    "/staff/month.csv": "APRO",
    "/staff/month.xlsx": "APRO",
    "/staff/reviews": "APO",
    "/staff/reviews/{review_id}": "APO",
    "/staff/reviews/{review_id}/evidence.xlsx": "APO",
    "/staff/sheet": "APR",
    "/staff/sheet/people": "APRCO",
    "/staff/twins": "APR",
}
SENT: dict[str, str] = {
    "/admin/boards": "A",
    "/admin/branches/{branch_id}": "A",
    "/admin/calendar": "A",
    "/admin/calendar/days": "A",
    "/admin/desks": "A",
    "/admin/desks/{desk_id}": "A",
    "/admin/goods": "A",
    "/admin/goods/{reward_id}": "A",
    "/admin/goods/{reward_id}/picture": "A",
    "/admin/goods/{reward_id}/picture/removal": "A",
    "/admin/goods/{reward_id}/stock": "ACK",
    "/admin/jobs/run": "A",
    "/admin/rules": "A",
    "/admin/sponsors": "A",
    "/admin/staff": "A",
    "/admin/staff/{staff_id}/disabling": "A",
    "/admin/staff/{staff_id}/enabling": "A",
    "/admin/staff/{staff_id}/handover": "A",
    "/admin/staff/{staff_id}/password": "A",
    "/admin/staff/{staff_id}/rights": "A",
    "/admin/staff/{staff_id}/rights/{right_id}/withdrawal": "A",
    "/desk/{desk_id}/members/{member_id}/exchange": "AC",
    "/desk/{desk_id}/members/{member_id}/outlook": "AC",
    "/desk/{desk_id}/members/{member_id}/reservation": "AC",
    "/desk/{desk_id}/members/{member_id}/waiting": "AC",
    "/desk/{desk_id}/members/{member_id}/waiting/end": "AC",
    "/desk/{desk_id}/search": "AC",
    "/desk/{desk_id}/slips/{redemption_id}/cancellation": "AC",
    "/desk/{desk_id}/slips/{redemption_id}/collection": "AC",
    "/desk/{desk_id}/stock": "ACK",
    "/desk/{desk_id}/write-offs/{movement_id}/confirmation": "AK",
    "/desk/{desk_id}/write-offs/{movement_id}/rejection": "AK",
    "/me/certificates": "M",
    "/me/consents/{purpose}": "M",
    "/me/consents/{purpose}/withdrawal": "M",
    "/me/giving": "M",
    "/me/goal": "M",
    "/me/goal/end": "M",
    "/me/messages/read": "M",
    "/me/reservations": "M",
    "/me/reservations/{redemption_id}/cancellation": "M",
    "/me/services/{participation_id}/objection": "M",
    "/me/suspensions/{suspension_id}/appeal": "M",
    "/me/waiting-list": "M",
    "/me/waiting-list/{waiting_id}/end": "M",
    "/preferences": EVERYBODY,
    "/sessions/{session_id}/end": "APRCKOM",
    "/sign-in/member": EVERYBODY,
    "/sign-in/staff": EVERYBODY,
    "/sign-out": EVERYBODY,
    "/staff/activities/{activity_id}/approval": "AP",
    "/staff/activities/{activity_id}/call-back-sample": "AP",
    "/staff/activities/{activity_id}/lines/{line_id}/call-back": "AP",
    "/staff/activities/{activity_id}/lines/{line_id}/correction": "APR",
    "/staff/activities/{activity_id}/lines/{line_id}/correction/approval": "AP",
    "/staff/activities/{activity_id}/lines/{line_id}/correction/rejection": "AP",
    "/staff/activities/{activity_id}/lines/{line_id}/follow-up": "APR",
    "/staff/activities/{activity_id}/lines/{line_id}/objection": "APRO",
    "/staff/activities/{activity_id}/lines/{line_id}/objection/resolution": "AP",
    "/staff/activities/{activity_id}/lines/{line_id}/rejection": "AP",
    "/staff/activities/{activity_id}/lines/{line_id}/trim": "AP",
    "/staff/activities/{activity_id}/rejection": "AP",
    "/staff/activities/{activity_id}/return": "AP",
    "/staff/approvals": "AP",
    "/staff/help-pool/grants/{grant_id}/approval": "AP",
    "/staff/help-pool/grants/{grant_id}/rejection": "AP",
    "/staff/imports": "APR",
    "/staff/members/new": "APR",
    "/staff/members/{member_id}/card-loss": "APRC",
    "/staff/members/{member_id}/cards": "APRC",
    "/staff/members/{member_id}/closing": "APR",
    "/staff/members/{member_id}/consents": "APR",
    "/staff/members/{member_id}/details": "APR",
    "/staff/members/{member_id}/grant": "APR",
    "/staff/members/{member_id}/household": "APR",
    "/staff/members/{member_id}/household/leaving": "APR",
    "/staff/members/{member_id}/household/residents": "APR",
    "/staff/members/{member_id}/move": "APR",
    "/staff/members/{member_id}/pin": "APRC",
    "/staff/members/{member_id}/suspensions": "AP",
    "/staff/members/{member_id}/suspensions/{suspension_id}/answer": "AP",
    "/staff/members/{member_id}/suspensions/{suspension_id}/appeal": "AP",
    "/staff/members/{member_id}/suspensions/{suspension_id}/approval": "AP",
    "/staff/members/{member_id}/suspensions/{suspension_id}/end": "AP",
    "/staff/members/{member_id}/suspensions/{suspension_id}/rejection": "AP",
    "/staff/reviews": "AP",
    "/staff/reviews/{review_id}/corrections/approval": "AP",
    "/staff/reviews/{review_id}/decision": "AP",
    "/staff/sheet": "APR",
    "/staff/twins": "AP",
}
# Recorders may appeal for somebody over the API, but do not see the page that the form stands on.
TABLE = [("GET", route, may) for route, may in SEEN.items()] + [("POST", route, may) for route, may in SENT.items()]
NOT_THERE = {"/boards/{board_id}/{period}", "/boards/{board_id}/{period}/poster", "/metrics", "/pictures/{name}"}
"""What nobody finds in this town, because nothing is published, measured or shown yet."""
COME_LAST = ("/handover", "/closing", "/move", "/sign-out")
"""What takes away what others are asked about, in this order."""
SIGNS_IN = "/sign-in/staff"
"""Answers 401 whoever asks: nobody has that password."""
REFUSED = ('data-code="forbidden"', 'data-code="unauthenticated"')
"""What part of a page says instead of a status."""


async def askers_of(town: Town) -> dict[str, Asker]:
    """Somebody of each role over the whole district, the member that all is about, and nobody; each by their letter."""
    server, token = town.server, new_token()
    await server.bank.database.write(
        issue_member_token, member_id=town.scene.member, token_hash=hash_of(token), expires_at=FAR, by=SYSTEM
    )
    tokens = {letter: await staff_token(server, await server.bank.staff(role)) for letter, role in ROLES.items()}
    askers = {letter: await town.asker(each) for letter, each in (tokens | {MEMBER: token, NOBODY: ""}).items()}
    page = (await askers[NOBODY].send("GET", "/sign-in")).text
    askers[NOBODY].proof = re.findall('name="form_proof" value="([^"]+)"', page)[0]
    return askers


async def asked(asker: Asker, method: str, route: str) -> str:
    """What came of it: `heard`, `missing`, or `refused` as nobody's business of who asks."""
    answer = await asker.send(method, route)
    assert answer.status_code < 500, (method, route, answer.text[:300])
    if route == SIGNS_IN and answer.status_code == 401:
        return "heard"
    if answer.status_code in {401, 403} or is_sent_to_sign_in(answer) or any(code in answer.text for code in REFUSED):
        return "refused"
    return "missing" if answer.status_code == 404 else "heard"


def is_sent_to_sign_in(answer: httpx.Response) -> bool:
    return str(answer.headers.get("location", "")).startswith("/sign-in")


def place(method: str, route: str) -> tuple[bool, int, str]:
    """Pages first, then forms, and last what takes something away."""
    lasts = (number for number, ending in enumerate(COME_LAST, start=1) if route.endswith(ending))
    return method == "POST", next(lasts, 0), route


async def test_who_may_not_is_refused_and_changes_nothing(town: Town) -> None:
    askers, before = await askers_of(town), await town.rows()
    came = [
        (letter, method, route, await asked(askers[letter], method, route))
        for method, route, may in TABLE
        for letter in sorted(set(EVERYBODY) - set(may))
    ]
    wrong = [row for row in came if row[-1] != "refused"]
    assert wrong == [], "\n".join(map(str, wrong))
    assert await town.rows() == before


async def test_who_may_is_heard(town: Town) -> None:
    """What the form of one has done already may not be there for the next; that is no question of rights."""
    askers = await askers_of(town)
    came = [
        (letter, method, route, await asked(askers[letter], method, route))
        for method, route, may in sorted(TABLE, key=lambda row: place(row[0], row[1]))
        for letter in may
    ]
    may_be_missing = {("GET", route) for route in NOT_THERE} | {("POST", route) for route in SENT}
    wrong = [row for row in came if row[3] != "heard" and (row[3] == "refused" or row[1:3] not in may_be_missing)]
    assert wrong == [], "\n".join(map(str, wrong))


def test_every_page_and_form_has_a_row(application: Litestar) -> None:
    assert sorted(page_routes(application)) == sorted((method, route) for method, route, _ in TABLE)
