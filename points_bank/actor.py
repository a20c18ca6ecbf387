"""Who does an act, with the rights as data; the one place that says which role may do which task."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from points_bank.errors import Forbidden, NotFound


class Role(StrEnum):
    """What a member of staff is, over a branch and all below it."""

    ADMINISTRATOR = "administrator"
    APPROVER = "approver"
    RECORDER = "recorder"
    CLERK = "clerk"
    STOCK_KEEPER = "stock_keeper"
    OVERSEER = "overseer"


class Task(StrEnum):
    """What can be done with something of a branch."""

    ADMINISTER = "administer"
    READ_ADMINISTRATION = "read_administration"
    KEEP_MEMBERS = "keep_members"
    ISSUE_CARDS = "issue_cards"
    EXPORT_MEMBERS = "export_members"
    EXPORT_MONTHS = "export_months"
    READ_MEMBERS = "read_members"
    READ_PASSBOOKS = "read_passbooks"
    READ_TRANSFERS = "read_transfers"
    LOG = "log"
    READ_ACTIVITIES = "read_activities"
    OBJECT = "object"
    APPROVE = "approve"
    READ_DOUBTS = "read_doubts"
    CERTIFY = "certify"
    SERVE = "serve"
    READ_REGISTER = "read_register"
    COUNT_STOCK = "count_stock"
    MOVE_STOCK = "move_stock"
    READ_REWARDS = "read_rewards"
    READ_HELP_POOL = "read_help_pool"
    PROPOSE_GRANTS = "propose_grants"
    READ_REPORTS = "read_reports"
    SIGN_REPORTS = "sign_reports"


_A, _P, _R, _C, _K, _O = Role

MAY: Mapping[Task, frozenset[Role]] = {
    Task.ADMINISTER: frozenset({_A}),
    Task.READ_ADMINISTRATION: frozenset({_A, _O}),
    Task.KEEP_MEMBERS: frozenset({_A, _P, _R}),
    Task.ISSUE_CARDS: frozenset({_A, _P, _R, _C}),
    Task.EXPORT_MEMBERS: frozenset({_A, _P, _R}),
    Task.EXPORT_MONTHS: frozenset({_A, _P, _O}),
    Task.READ_MEMBERS: frozenset({_A, _P, _R, _C, _O}),
    Task.READ_PASSBOOKS: frozenset({_A, _P, _R, _C, _O}),
    Task.READ_TRANSFERS: frozenset({_A, _P, _R, _C, _O}),
    Task.LOG: frozenset({_A, _P, _R}),
    Task.READ_ACTIVITIES: frozenset({_A, _P, _R, _O}),
    Task.OBJECT: frozenset({_A, _P, _R, _O}),
    Task.APPROVE: frozenset({_A, _P}),
    Task.READ_DOUBTS: frozenset({_A, _P, _O}),
    Task.CERTIFY: frozenset({_A, _P, _R}),
    Task.SERVE: frozenset({_A, _C}),
    Task.READ_REGISTER: frozenset({_A, _C, _O}),
    Task.COUNT_STOCK: frozenset({_A, _C, _K}),
    Task.MOVE_STOCK: frozenset({_A, _K}),
    Task.READ_REWARDS: frozenset(Role),
    Task.READ_HELP_POOL: frozenset({_A, _P, _R, _C, _O}),
    Task.PROPOSE_GRANTS: frozenset({_A, _P, _R}),
    Task.READ_REPORTS: frozenset({_A, _P, _R, _O}),
    Task.SIGN_REPORTS: frozenset({_A, _P}),
}
"""The contract's table of rights, a task a row."""


class ActorKind(StrEnum):
    STAFF = "staff"
    MEMBER = "member"
    SYSTEM = "system"


class Right(msgspec.Struct, frozen=True):
    """A role over the branch with that path (`/1/4/`) and all below it."""

    role: Role
    path: str


class Actor(msgspec.Struct, frozen=True):
    """Staff with their rights of today, a member, or the bank itself (jobs and the command line).

    `member_id` is the member's own id, or the member that a member of staff is in private life. `scopes` are the tasks
    that the token at hand is for; None where it is for all that its holder may do. `token_id` is that token of staff.
    """

    kind: ActorKind
    id: int = 0
    member_id: int | None = None
    rights: tuple[Right, ...] = ()
    scopes: frozenset[Task] | None = None
    token_id: int | None = None

    @property
    def name(self) -> str:
        """`staff:5`, `member:7`, `system`: how the books name who did something."""
        return self.kind.value if self.kind is ActorKind.SYSTEM else f"{self.kind.value}:{self.id}"

    @property
    def keys_name(self) -> str:
        """Whose an Idempotency-Key is: a token for some tasks has keys of its own, so that it is never told what was
        answered to one that is for more. 40 letters at most."""
        if self.scopes is None:
            return self.name
        return f"{self.name}/{hashlib.blake2b(' '.join(sorted(self.scopes)).encode(), digest_size=7).hexdigest()}"

    @property
    def staff_id(self) -> int | None:
        return self.id if self.kind is ActorKind.STAFF else None

    @property
    def seen_paths(self) -> tuple[str, ...]:
        """The paths of the branches that the actor has anything to do with, for lists."""
        return ("/",) if self.kind is ActorKind.SYSTEM else tuple(right.path for right in self.rights)

    def sees(self, path: str) -> bool:
        """Whether a branch is among those that the actor has anything to do with."""
        return path.startswith(self.seen_paths)

    def may(self, task: Task, path: str) -> bool:
        return path.startswith(self.where(task))

    def does(self, task: Task) -> bool:
        """Whether there is any branch in which the actor may do it, for menus."""
        return bool(self.where(task))

    def where(self, task: Task) -> tuple[str, ...]:
        """The paths of the branches in which the actor may do it; none where there is none."""
        if self.kind is ActorKind.SYSTEM:
            return ("/",)
        if self.scopes is not None and task not in self.scopes:
            return ()
        roles = MAY[task]
        return tuple(right.path for right in self.rights if right.role in roles)

    def require(self, task: Task, path: str) -> None:
        """Refuse what the actor may not do in that branch; a branch outside theirs is not found."""
        if self.may(task, path):
            return
        raise Forbidden if self.sees(path) else NotFound

    def paths(self, task: Task) -> tuple[str, ...]:
        """`where`, for lists; refused where there is none."""
        found = self.where(task)
        if not found:
            raise Forbidden
        return found


SYSTEM = Actor(ActorKind.SYSTEM)
