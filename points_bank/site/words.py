"""Words for what has a name in code: states, kinds and roles, as pages say them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from points_bank.activities.models import ActivityState, CallAnswer, ParticipationState
from points_bank.actor import Role
from points_bank.branches.models import BranchKind, ManagementMode
from points_bank.certificates.reading import CertificateState
from points_bank.clock import PeriodKind
from points_bank.errors import message
from points_bank.extensions.orders import OrderState
from points_bank.gifts.models import GrantState
from points_bank.imports.models import Choice, FileKind, ImportState
from points_bank.leaderboards.models import EditionState, Measure, Population
from points_bank.leaderboards.reading import StandingsState
from points_bank.ledger.models import TransferKind
from points_bank.looks.models import View
from points_bank.members.models import CardState, Purpose
from points_bank.redemptions.models import RedemptionState
from points_bank.redemptions.register import LineKind
from points_bank.rewards.models import StockMovementKind, WaitingState, WriteOffState
from points_bank.rules.rule_set import ServiceRole

WORDS: Mapping[type[StrEnum], Mapping[Any, str]] = {
    Role: {
        Role.ADMINISTRATOR: message("administrator"),
        Role.APPROVER: message("approver"),
        Role.RECORDER: message("recorder"),
        Role.CLERK: message("desk clerk"),
        Role.STOCK_KEEPER: message("stock keeper"),
        Role.OVERSEER: message("overseer"),
    },
    BranchKind: {
        BranchKind.DISTRICT: message("district"),
        BranchKind.SUBDISTRICT: message("subdistrict"),
        BranchKind.COMMUNITY: message("community"),
        BranchKind.ESTATE: message("estate"),
        BranchKind.BUILDING: message("building"),
        BranchKind.HUB_HOUSEHOLD: message("hub household"),
    },
    ManagementMode: {
        ManagementMode.UNIT_RUN: message("unit-run"),
        ManagementMode.SELF_RUN: message("self-run"),
        ManagementMode.COMPANY_RUN: message("company-run"),
        ManagementMode.COMMUNITY_RUN: message("community-run"),
    },
    ServiceRole: {
        ServiceRole.PUBLICITY: message("publicity"),
        ServiceRole.MEDIATION: message("mediation"),
        ServiceRole.SERVICE: message("service"),
    },
    ActivityState: {
        ActivityState.LOGGED: message("waiting for approval"),
        ActivityState.UNDER_NOTICE: message("under public notice"),
        ActivityState.SETTLED: message("settled"),
        ActivityState.REJECTED: message("rejected"),
        ActivityState.RETURNED: message("returned"),
    },
    ParticipationState: {
        ParticipationState.LOGGED: message("waiting for approval"),
        ParticipationState.HELD: message("held"),
        ParticipationState.UNDER_NOTICE: message("under public notice"),
        ParticipationState.FROZEN: message("being looked into"),
        ParticipationState.SETTLED: message("settled"),
        ParticipationState.REJECTED: message("rejected"),
    },
    CallAnswer: {
        CallAnswer.CONFIRMED: message("confirmed"),
        CallAnswer.DENIED: message("denied"),
        CallAnswer.NOT_REACHED: message("not reached"),
    },
    TransferKind: {
        TransferKind.AWARD: message("award"),
        TransferKind.REVERSAL: message("correction"),
        TransferKind.REDEMPTION: message("exchange"),
        TransferKind.HOLD: message("reservation"),
        TransferKind.COLLECTION: message("collected"),
        TransferKind.RELEASE: message("reservation ended"),
        TransferKind.REFUND: message("refund"),
        TransferKind.LAPSE: message("lapsed"),
        TransferKind.REINSTATEMENT: message("reinstated"),
        TransferKind.DONATION: message("donation"),
        TransferKind.GIFT: message("gift"),
        TransferKind.GRANT: message("from the help pool"),
        TransferKind.OPENING: message("brought in"),
        TransferKind.MERGER: message("passbooks put together"),
    },
    RedemptionState: {
        RedemptionState.RESERVED: message("reserved"),
        RedemptionState.COLLECTED: message("handed over"),
        RedemptionState.CANCELLED: message("cancelled"),
        RedemptionState.EXPIRED: message("ran out"),
    },
    LineKind: {LineKind.EXCHANGE: message("exchange"), LineKind.CANCELLATION: message("cancellation")},
    EditionState: {EditionState.PROVISIONAL: message("under public notice"), EditionState.FINAL: message("final")},
    StandingsState: {
        StandingsState.RUNNING: message("running"),
        StandingsState.PROVISIONAL: message("under public notice"),
        StandingsState.FINAL: message("final"),
    },
    PeriodKind: {
        PeriodKind.WEEK: message("week"),
        PeriodKind.MONTH: message("month"),
        PeriodKind.QUARTER: message("quarter"),
        PeriodKind.YEAR: message("year"),
    },
    Measure: {
        Measure.POINTS: message("points"),
        Measure.MINUTES: message("service time"),
        Measure.SESSIONS: message("times served"),
    },
    Population: {
        Population.EVERYONE: message("everyone"),
        Population.RESIDENTS: message("residents"),
        Population.PARTY_MEMBERS: message("Party members"),
    },
    CardState: {
        CardState.ACTIVE: message("good"),
        CardState.LOST: message("lost"),
        CardState.REPLACED: message("replaced"),
    },
    View: {
        View.RECORD: message("personal details"),
        View.PASSBOOK: message("passbook"),
        View.CARD: message("member card"),
        View.HOUSEHOLD: message("household and proxies"),
        View.DESK: message("page at the desk"),
        View.DATA_FILE: message("all data, as a file"),
    },
    Purpose: {
        Purpose.RECORDS: message("keeping records of service"),
        Purpose.BOARDS: message("name on the boards"),
        Purpose.HOUSEHOLD: message("points shared in the household"),
        Purpose.PHOTO: message("photos of activities"),
    },
    StockMovementKind: {
        StockMovementKind.RECEIVED: message("received"),
        StockMovementKind.COUNTED: message("counted"),
        StockMovementKind.DAMAGED: message("damaged"),
        StockMovementKind.RETURNED: message("given back"),
        StockMovementKind.REDEEMED: message("handed over"),
        StockMovementKind.RESERVED: message("reserved"),
        StockMovementKind.RELEASED: message("no longer reserved"),
        StockMovementKind.REFUNDED: message("brought back"),
    },
    WriteOffState: {
        WriteOffState.PROPOSED: message("waiting for the second person"),
        WriteOffState.CONFIRMED: message("confirmed"),
        WriteOffState.REJECTED: message("rejected"),
    },
    WaitingState: {
        WaitingState.WAITING: message("waiting"),
        WaitingState.TOLD: message("told that it is there"),
        WaitingState.SERVED: message("served"),
        WaitingState.LEFT: message("no longer waiting"),
    },
    GrantState: {
        GrantState.PROPOSED: message("waiting for the second person"),
        GrantState.GRANTED: message("granted"),
        GrantState.REJECTED: message("rejected"),
    },
    OrderState: {
        OrderState.RUNNING: message("running"),
        OrderState.STANDING: message("standing"),
        OrderState.DONE: message("done"),
    },
    CertificateState: {
        CertificateState.ANNOUNCED: message("announced"),
        CertificateState.VALID: message("valid"),
        CertificateState.REVOKED: message("revoked"),
    },
    FileKind: {
        FileKind.MEMBERS: message("members"),
        FileKind.HOUSEHOLDS: message("households"),
        FileKind.ACTIVITIES: message("past activities"),
        FileKind.BALANCES: message("opening balances"),
        FileKind.SHEET: message("sign-in sheet"),
    },
    Choice: {
        Choice.GOOD_ROWS: message("take the good rows"),
        Choice.ALL_OR_NOTHING: message("all rows or none"),
    },
    ImportState: {
        ImportState.PROPOSED: message("looked through, not begun"),
        ImportState.RUNNING: message("running"),
        ImportState.DONE: message("done"),
        ImportState.REFUSED: message("refused"),
    },
}

THEMES: Mapping[str, str] = {
    "cleaning": message("cleaning"),
    "greening": message("greening"),
    "repair": message("repair"),
    "parking": message("parking"),
    "security": message("security"),
}
"""What service is about, the five things that an estate should have; a theme of another name is said as it is."""
