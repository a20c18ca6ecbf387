"""Every refusal of the bank, in one tree.

A refusal is raised, never returned: raising rolls the act back. Each class has a `code` for machines (stable, part of
the contract), an HTTP `status`, and a sentence with named fields that `i18n` puts into the caller's language.

    PointsBankError
    ├── Invalid                        422  what was sent makes no sense, field by field
    │   ├── KeyRequired / KeyReused    422  Idempotency-Key missing, or sent before with another body
    ├── Unauthenticated                401  no token, or a bad one; WrongCredentials in signing in
    ├── Forbidden                      403  seen, but not yours to do
    ├── NotFound                       404  not there, or not yours to see
    ├── MethodNotAllowed               405  there is such a route, but not with that verb
    ├── Conflict                       409  a rule of the bank says no
    │   ├── desk       InsufficientPoints, BelowRedemptionMinimum, RedemptionLimit, GuardianRequired, OutOfStock,
    │   │              InStock, BalanceBelowZero, RedemptionSuspended, CardLost, MemberClosed, DeskClosed, NotPooled,
    │   │              ProxyEnded, ProxyUsed
    │   ├── later      ReservationExpired, WrongCode / LastWrongCode, AlreadyCollected, AlreadyCancelled
    │   ├── reports    AlreadySigned, NotSignedBelow
    │   ├── two people OwnActivity, SamePerson, LastAdministrator, PasswordOfAnother, ShutOut
    │   ├── doubts     ObjectionPending, ObjectionClosed, UnderReview, SuspensionPending, BackEntryBarred,
    │   │              AlreadyAppealed
    │   ├── record     NothingToCertify, AlreadyRevoked, PassbookOpen
    │   └── logbook    AlreadyApproved, NotApproved, NotFollowedUp, OverlappingService, DuplicateActivity, LateEntry,
    │                  FutureActivity, CorrectionPending, MergerPending, BalanceFloor
    ├── TooManyTries                   429  wait; `retry_after_seconds` says how long. CodeLocked of a reservation
    └── Busy                           503  nothing was written; try again. CannotWrite to a full disk; ReadingEnded;
                                            NotKnownYet where a server does not say whether it was
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar


def message(text: str) -> str:
    """Marks a sentence for translation; it is translated when it is shown."""
    return text


class PointsBankError(Exception):
    """A refusal. `fields` are the named values of its sentence: ids, figures, dates; never a person's data.

    `remember` is an act that `Database.write` runs in the same batch after the refused act is rolled back, for what
    must be remembered of a refusal (a wrong code counted).
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    sentence: ClassVar[str] = message("Something went wrong.")

    def __init__(self, *, remember: Callable[[Any], object] | None = None, **fields: Any) -> None:
        super().__init__(self.code)
        self.fields: dict[str, Any] = fields
        self.remember = remember

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence} {self.fields or ''}".rstrip()


class Invalid(PointsBankError):
    """422. `problems`: by path of a field (`participations[0].minutes`) a sentence, filled by `values`."""

    code = "invalid"
    status = 422
    sentence = message("Please check what was entered.")

    def __init__(self, problems: Mapping[str, str], **values: Any) -> None:
        super().__init__()
        self.fields = dict(problems)  # not as keywords: a path is text from outside, `remember` included
        self.values = values


class KeyRequired(Invalid):
    code = "idempotency_key_required"
    sentence = message("Points or goods move here: send an Idempotency-Key, so that nothing moves twice.")

    def __init__(self) -> None:
        super().__init__({})


class KeyReused(Invalid):
    code = "idempotency_key_reused"
    sentence = message("This Idempotency-Key was used before for another request.")

    def __init__(self) -> None:
        super().__init__({})


class Unauthenticated(PointsBankError):
    code = "unauthenticated"
    status = 401
    sentence = message("Please sign in.")


class WrongCredentials(Unauthenticated):
    """401 in signing in. Which of the two was wrong, or whether anybody has that login or card, is not told."""

    sentence = message("The login or the password, or the card or the PIN, is not right.")


class Forbidden(PointsBankError):
    code = "forbidden"
    status = 403
    sentence = message("This is not among your tasks.")


class NotFound(PointsBankError):
    """404: it does not exist, or the caller may not see it; which of the two is not told."""

    code = "not_found"
    status = 404
    sentence = message("Not found.")


class MethodNotAllowed(PointsBankError):
    code = "method_not_allowed"
    status = 405
    sentence = message("This cannot be asked for in that way.")


class TooManyTries(PointsBankError):
    """429. `retry_after_seconds` is when one more try is allowed."""

    code = "too_many_tries"
    status = 429
    sentence = message("Too many tries. Please wait a little.")


class CodeLocked(TooManyTries):
    """429 for a reservation: waiting does not help, a clerk does."""

    sentence = message("Too many wrong codes. The desk can cancel this reservation and serve by card.")


class Busy(PointsBankError):
    code = "busy"
    status = 503
    sentence = message("The bank is busy. Nothing was changed; please try again.")

    def __init__(self, *, retry_after_seconds: int = 1) -> None:
        super().__init__(retry_after_seconds=retry_after_seconds)


class ReadingEnded(Busy):
    """503: the process that read a file is no more, ended by whoever needed its memory for example."""

    sentence = message("Reading the file broke off. What was taken of it stays: send it again, and it goes on there.")


class Conflict(PointsBankError):
    code = "conflict"
    status = 409
    sentence = message("This cannot be done now.")


class InsufficientPoints(Conflict):
    code = "insufficient_points"
    sentence = message("{asked_points} points are needed, {spendable_points} are there.")


class BelowRedemptionMinimum(Conflict):
    code = "below_redemption_minimum"
    sentence = message("Points can be exchanged from {minimum_points} on; there are {spendable_points} so far.")


class RedemptionLimit(Conflict):
    """409. `limit` is `visit` (items in one exchange), `month` (points of a person in a calendar month), `household`
    (points of a household in a calendar month) or `proxy` (points of an order that somebody else collects)."""

    code = "redemption_limit"
    sentence = message("Too much at once.")


class VisitLimit(RedemptionLimit):
    sentence = message("At most {limit_quantity} items a visit; {asked_quantity} were asked for.")


class MonthLimit(RedemptionLimit):
    sentence = message(
        "At most {limit_quantity} points a month; {used_quantity} are used and {asked_quantity} were asked for."
    )


class HouseholdLimit(RedemptionLimit):
    sentence = message(
        "At most {limit_quantity} points a month for a household; {used_quantity} are used and {asked_quantity} were "
        "asked for."
    )


class ProxyLimit(RedemptionLimit):
    sentence = message(
        "With this authorisation at most {limit_quantity} points can be exchanged; {asked_quantity} were asked for."
    )


class ProxyEnded(Conflict):
    code = "proxy_ended"
    sentence = message("This authorisation is not in force: it held until {until_on}, or was ended before.")


class ProxyUsed(Conflict):
    code = "proxy_used"
    sentence = message("With this authorisation something was collected already; it is for one order.")


class NotPooled(Conflict):
    """409. `member_id` is who lives in no household, in another one, or has not agreed to share points in it."""

    code = "not_pooled"
    sentence = message("Not everyone named here shares points in this household.")


class GuardianRequired(Conflict):
    code = "guardian_required"
    sentence = message("Under 18, a guardian must agree before points are exchanged.")


class DeskClosed(Conflict):
    code = "desk_closed"
    sentence = message("The desk is closed now. It opens on {opens_on} at {opens_from}.")


class OutOfStock(Conflict):
    code = "out_of_stock"
    sentence = message("Sold out, or not enough left: {remaining_quantity} at this desk.")


class InStock(Conflict):
    code = "in_stock"
    sentence = message("There are {remaining_quantity} of it at this desk: no need to wait.")


class BalanceBelowZero(Conflict):
    code = "balance_below_zero"
    sentence = message("The balance is {balance_points}. Points can be exchanged again from 0 on.")


class RedemptionSuspended(Conflict):
    code = "redemption_suspended"
    sentence = message("Exchanging points is suspended until the end of {until_on}. The branch can say why.")


class BalanceFloor(Conflict):
    code = "balance_floor"
    sentence = message("This would take the balance to {balance_points}, below the floor of {floor_points}.")


class OwnActivity(Conflict):
    code = "own_activity"
    sentence = message("Who takes part cannot record or approve it; please ask a colleague.")


class SamePerson(Conflict):
    code = "same_person"
    sentence = message("A second person has to do this.")


class AlreadyApproved(Conflict):
    code = "already_approved"
    sentence = message("This is already decided.")


class NotApproved(Conflict):
    code = "not_approved"
    sentence = message("This is not approved yet.")


class NotFollowedUp(Conflict):
    code = "not_followed_up"
    sentence = message("The case is not closed, or not followed up at least {follow_up_days} days later.")


class OverlappingService(Conflict):
    code = "overlapping_service"
    sentence = message(
        "Someone served elsewhere at the same time: {overlap_minutes} minutes. Trim or reject that line."
    )


class DuplicateActivity(Conflict):
    code = "duplicate_activity"
    sentence = message("This sheet was entered before, as activity {activity_id}.")


class LateEntry(Conflict):
    code = "late_entry"
    sentence = message(
        "Service of {service_on} is entered after {days} days. {usual_days} days are usual, up to {latest_days} with "
        "evidence and the community's approval."
    )


class FutureActivity(Conflict):
    code = "future_activity"
    sentence = message("This has not taken place yet.")


class CorrectionPending(Conflict):
    code = "correction_pending"
    sentence = message("A correction of this line already waits for approval.")


class ObjectionPending(Conflict):
    code = "objection_pending"
    sentence = message("An objection to this line already waits for a decision.")


class ObjectionClosed(Conflict):
    code = "objection_closed"
    sentence = message("Objections were possible until {until_on}. Please ask the branch for a correction.")


class UnderReview(Conflict):
    """409. `cause` is what freezes a line of the sheet: `review:3` or `objection:7`."""

    code = "under_review"
    sentence = message("This is under review and cannot be approved before that is decided.")


class SuspensionPending(Conflict):
    code = "suspension_pending"
    sentence = message("A suspension of this member already waits for approval.")


class BackEntryBarred(Conflict):
    code = "back_entry_barred"
    sentence = message("Until the end of {until_on}, no late entries are taken for member {member_id}.")


class AlreadyAppealed(Conflict):
    code = "already_appealed"
    sentence = message("An appeal was already made.")


class NothingToCertify(Conflict):
    code = "nothing_to_certify"
    sentence = message("There is no settled service yet that could be certified.")


class AlreadyRevoked(Conflict):
    code = "already_revoked"
    sentence = message("This certificate is revoked already.")


class PassbookOpen(Conflict):
    code = "passbook_open"
    sentence = message("Close the passbook first.")


class MergerPending(Conflict):
    code = "merger_pending"
    sentence = message("Service of this member has not settled yet. Merge the two when it has.")


class CardLost(Conflict):
    code = "card_lost"
    sentence = message("This card was reported lost or was replaced.")


class AlreadySigned(Conflict):
    code = "already_signed"
    sentence = message("This report is signed already.")


class NotSignedBelow(Conflict):
    code = "not_signed_below"
    sentence = message("{branch_code} has not signed its report yet.")


class MemberClosed(Conflict):
    code = "member_closed"
    sentence = message("This passbook is closed.")


class ReservationExpired(Conflict):
    code = "reservation_expired"
    sentence = message("The reservation has run out; the points are back.")


class WrongCode(Conflict):
    code = "wrong_code"
    sentence = message("The code is not right. Tries left: {tries_left}.")


class LastWrongCode(WrongCode):
    """The same code and fields as `WrongCode`, with no try left: trying on does not help, a clerk does."""

    sentence = message("The code is not right, and it cannot be tried again. Please ask at the desk.")


class AlreadyCollected(Conflict):
    code = "already_collected"
    sentence = message("This was already handed over.")


class AlreadyCancelled(Conflict):
    code = "already_cancelled"
    sentence = message("This was already cancelled.")
