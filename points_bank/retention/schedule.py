"""What is kept of people, why, for how long and who sees it: the schedule that docs/privacy.md prints.

The rules are those of the Personal Information Protection Law (PIPL), the Regulations on Voluntary Service, and the
People's Mediation Law, as far as the bank must know them. A test holds every table with a member in it against this.
"""

import msgspec


class Kept(msgspec.Struct, frozen=True):
    """`until` says when it goes; `job` is the part of the timetable that takes it away, None where only erasing does,
    or where it stays."""

    what: str
    tables: tuple[str, ...]
    why: str
    until: str
    seen_by: str
    law: str
    job: str | None = None

    @property
    def line(self) -> str:
        names = ", ".join(f"`{table}`" for table in self.tables)
        return f"| {self.what} | {names} | {self.why} | {self.until} | {self.seen_by} | {self.law} |"


CLOSED, LEDGER = "erased by an administrator after closing, by itself after 1,096 days", "for ever, by number only"
STAFF, SELF = "staff of the branch", "the member"
NEEDED = "PIPL 6, 19: the least, no longer than needed"
RECORD = "Regulations on Voluntary Service: true, complete, lasting records"
SCHEDULE: tuple[Kept, ...] = (
    Kept(
        "name, initials, date of birth, Party member, guardian",
        ("member",),
        "to keep the passbook, and to protect minors",
        CLOSED,
        f"{STAFF}, {SELF}; boards only with consent, masked",
        "PIPL 13, 31; " + NEEDED,
        "erase_closed",
    ),
    Kept(
        "phone (encrypted), PIN (hashed)",
        ("member",),
        "to find, to tell, to sign in",
        CLOSED,
        f"masked: {STAFF}; whole: {SELF}, the sender of messages",
        "PIPL 51: encryption",
        "erase_closed",
    ),
    Kept("cards", ("card",), "to know a card that is shown", LEDGER, f"{STAFF}, {SELF}", RECORD),
    Kept(
        "consents, with their dates",
        ("consent",),
        "to prove what was agreed",
        LEDGER,
        f"{STAFF}, {SELF}",
        "PIPL 14, 15",
    ),
    Kept(
        "branches they belonged to", ("home",), "boards and reports count by them", LEDGER, f"{STAFF}, {SELF}", RECORD
    ),
    Kept(
        "households",
        ("household_member",),
        "limits and shared points; the label goes with the last resident",
        LEDGER,
        f"{STAFF}, {SELF}",
        NEEDED,
    ),
    Kept(
        "who may collect for them",
        ("proxy",),
        "to hand goods to the right person",
        "the name 180 days after its last day, or by erasing",
        f"{STAFF}, desks, {SELF}",
        NEEDED,
        "erase",
    ),
    Kept(
        "service: day, minutes, points, case number",
        ("participation",),
        "the record that the law asks for, and every award's proof",
        LEDGER,
        f"{STAFF}, {SELF}; a case only by who handles it",
        RECORD + "; Mediation Law: no party, no story",
    ),
    Kept(
        "objections, appeals, grants and their reasons",
        ("objection", "suspension", "help_pool_grant"),
        "to decide, and to explain a decision",
        "their words by erasing; dates, outcome and the reason of a suspension stay",
        f"who decides, {SELF}",
        "PIPL 48: decisions are explained",
    ),
    Kept(
        "exchanges and reservations",
        ("redemption", "redemption_payment"),
        "the register of goods, and the ledger's proof",
        LEDGER,
        f"desks, {STAFF}, {SELF}",
        NEEDED,
    ),
    Kept(
        "points given and extended",
        ("donation", "extended_lot"),
        "the ledger's proof",
        LEDGER,
        f"{STAFF}, {SELF}",
        NEEDED,
    ),
    Kept(
        "places on boards",
        ("standing",),
        "a published edition stays what it was; names are joined when it is read",
        LEDGER,
        "everybody, only with consent and masked",
        "PIPL 25: separate consent",
    ),
    Kept(
        "certificates",
        ("certificate", "certificate_request"),
        "anybody may check a number",
        LEDGER,
        f"{STAFF}, {SELF}; a checker: valid or not",
        RECORD,
    ),
    Kept(
        "passbooks put together",
        ("member_merger",),
        "one person, one history",
        "the reason by erasing; the numbers stay",
        STAFF,
        NEEDED,
    ),
    Kept(
        "wishes: saving goals, waiting lists",
        ("goal", "waiting"),
        "to tell when goods are there",
        "by erasing",
        f"desks, {SELF}",
        NEEDED,
    ),
    Kept(
        "messages",
        ("message",),
        "to tell what happened to their points",
        "731 days, or by erasing",
        SELF,
        "PIPL 17; " + NEEDED,
        "forget_passing",
    ),
    Kept(
        "visits at other branches",
        ("visit",),
        "a card opens a visit for a day",
        "31 days",
        "nobody",
        NEEDED,
        "forget_passing",
    ),
    Kept(
        "tokens and browsers signed in",
        ("token",),
        "to stay signed in, and to end it from elsewhere",
        "90 days after they ran out, or by erasing",
        SELF,
        NEEDED,
        "forget_passing",
    ),
    Kept(
        "who of the staff they are",
        ("staff",),
        "nobody approves their own service",
        "unlinked by erasing",
        "administrators",
        NEEDED,
    ),
    Kept(
        "who looked at them",
        ("look",),
        "to find who looks without need",
        "1,096 days",
        f"{SELF}, administrators, overseers",
        "PIPL 51, 54",
        "forget_looks",
    ),
)

OTHERWISE: dict[str, str] = {
    "audit": "who did what, by numbers and names of fields; kept for ever, no value of a person in it",
    "idempotency_key": "ids and figures of answers, and logins of staff; kept as long as the books",
    "import_refusal": "rows of files that were refused, encrypted; 90 days, or when they were corrected (job `forget`)",
    "known_address": "where somebody signed in, by keyed hashes of account and address; 30 days (job `forget_passing`)",
    "lookup": "how many people staff looked up in an hour; 2 days (job `forget_passing`)",
    "preference": "language and size of letters; deleted by erasing",
    "sign_in_try": "wrong passwords, PINs, cards and codes by keyed hashes; 2 days (job `forget_passing`)",
    "transfer": "points by account numbers; for ever, never changed",
}
"""What holds numbers of people, or may hold their words, without a column that refers to a member."""
