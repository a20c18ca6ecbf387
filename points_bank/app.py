"""The only wiring: settings in, an ASGI application out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware

import points_bank.tables  # noqa: F401  # an export of a member looks through all of them
from points_bank.access import RequestMiddleware, end_request
from points_bank.activities import api as activities
from points_bank.activities import line_pages, sheet_pages
from points_bank.activities import pages as activities_pages
from points_bank.branches import api as branches
from points_bank.branches import calendar_pages
from points_bank.branches import pages as branch_pages
from points_bank.callers import Callers
from points_bank.certificates import api as certificates
from points_bank.certificates import pages as certificates_pages
from points_bank.clock import Clock
from points_bank.contract import contract, openapi_config, page_files
from points_bank.database import Database
from points_bank.exports import api as exports
from points_bank.exports import pages as exports_pages
from points_bank.extensions import api as extensions
from points_bank.gifts import api as gifts
from points_bank.gifts import pages as gifts_pages
from points_bank.gifts import pool_pages
from points_bank.goals import pages as goals_pages
from points_bank.health import HEALTH
from points_bank.imports import api as imports
from points_bank.imports import pages as imports_pages
from points_bank.jobs import pages as jobs_pages
from points_bank.leaderboards import api as leaderboards
from points_bank.leaderboards import pages as leaderboard_pages
from points_bank.leaderboards import setup_pages
from points_bank.looks import api as looks_api
from points_bank.looks import pages as looks_pages
from points_bank.members import api as members
from points_bank.members import card_pages, household_pages
from points_bank.members import pages as member_pages
from points_bank.messages import api as messages
from points_bank.messages import pages as messages_pages
from points_bank.passbook import api as passbook
from points_bank.passbook import pages as passbook_pages
from points_bank.receipts import api as receipts
from points_bank.receipts import pages as receipts_pages
from points_bank.redemptions import api as redemptions
from points_bank.redemptions import pages as redemptions_pages
from points_bank.reports import api as reports
from points_bank.reports import pages as reports_pages
from points_bank.reviews import api as reviews
from points_bank.reviews import pages as reviews_pages
from points_bank.rewards import api as rewards
from points_bank.rewards import catalogue_pages, desk_pages, picture_pages, sponsor_pages, write_off_pages
from points_bank.rewards import pages as rewards_pages
from points_bank.rules import api as rules
from points_bank.rules import pages as rules_pages
from points_bank.scheduler import Scheduler
from points_bank.settings import Settings
from points_bank.site.serving import Section, harden, page_or_problem, pages, static_files
from points_bank.site.streams import Streams
from points_bank.staff import api as staff
from points_bank.staff import pages as staff_pages
from points_bank.staff import rights_pages, trail_pages
from points_bank.suspensions import api as suspensions
from points_bank.suspensions import pages as suspension_pages
from points_bank.waiting import api as waiting
from points_bank.watching import Looks
from points_bank.web import API, EXCEPTION_HANDLERS, SIGNED_IN, Asking, CallerMiddleware

ROUTES: list[Any] = [
    *activities.ROUTES,
    *branches.ROUTES,
    *certificates.ROUTES,
    *extensions.ROUTES,
    *gifts.ROUTES,
    *imports.ROUTES,
    *exports.ROUTES,
    *leaderboards.ROUTES,
    *looks_api.ROUTES,
    *members.ROUTES,
    *messages.ROUTES,
    *passbook.ROUTES,
    *receipts.ROUTES,
    *redemptions.ROUTES,
    *reports.ROUTES,
    *reviews.ROUTES,
    *rewards.ROUTES,
    *rules.ROUTES,
    *staff.ROUTES,
    *waiting.ROUTES,
    *suspensions.ROUTES,
]

PAGES: list[Any] = [
    *activities_pages.PAGES,
    *branch_pages.PAGES,
    *calendar_pages.PAGES,
    *card_pages.PAGES,
    *catalogue_pages.PAGES,
    *desk_pages.PAGES,
    *household_pages.PAGES,
    *imports_pages.PAGES,
    *jobs_pages.PAGES,
    *certificates_pages.PAGES,
    *exports_pages.PAGES,
    *gifts_pages.PAGES,
    *goals_pages.PAGES,
    *leaderboard_pages.PAGES,
    *line_pages.PAGES,
    *looks_pages.PAGES,
    *member_pages.PAGES,
    *messages_pages.PAGES,
    *passbook_pages.PAGES,
    *picture_pages.PAGES,
    *pool_pages.PAGES,
    *receipts_pages.PAGES,
    *redemptions_pages.PAGES,
    *reports_pages.PAGES,
    *reviews_pages.PAGES,
    *rewards_pages.PAGES,
    *rights_pages.PAGES,
    *rules_pages.PAGES,
    *setup_pages.PAGES,
    *sheet_pages.PAGES,
    *sponsor_pages.PAGES,
    *staff_pages.PAGES,
    *suspension_pages.PAGES,
    *trail_pages.PAGES,
    *write_off_pages.PAGES,
]


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Litestar:
    """The bank as an ASGI application, on the database of `state.database`."""
    database = Database(settings or Settings(), clock)
    api = Section(API, route_handlers=ROUTES, opt=SIGNED_IN)
    return Litestar(
        [*HEALTH, contract, api, page_files(), pages([*PAGES, *picture_pages.FILES]), static_files()],
        lifespan=[_open],
        middleware=[*_traced(database), RequestMiddleware, CallerMiddleware],
        before_send=[harden, end_request],
        exception_handlers=EXCEPTION_HANDLERS | {HTTPException: page_or_problem},
        openapi_config=openapi_config(),
        request_class=Asking,
        request_max_body_size=database.settings.body_limit_bytes,
        logging_config=None,
        state=State({"database": database}),
    )


def _traced(database: Database) -> list[DefineMiddleware]:
    if not database.settings.tracing:
        return []
    from points_bank.tracing import TracedRequests, Traces

    traces = Traces()
    database.watchers.add(traces)
    return [DefineMiddleware(TracedRequests, traces=traces)]


@asynccontextmanager
async def _observed(app: Litestar) -> AsyncIterator[None]:
    """Have figures and lines of requests kept, as the settings ask. What makes figures is loaded only then."""
    database: Database = app.state.database
    app.state.access_log = database.settings.access_log
    if database.settings.metrics_token is not None:
        from points_bank.figures import Figures

        app.state.figures = figures = Figures(database)
        database.watchers.add(figures)
    yield


@asynccontextmanager
async def _open(app: Litestar) -> AsyncIterator[None]:
    """At start, migrate and open the database, and do what is due."""
    database: Database = app.state.database
    async with _observed(app), database, Looks(database) as looks, Scheduler(database):
        app.state.looks = looks
        app.state.callers = Callers(database)
        app.state.streams = Streams()
        yield
