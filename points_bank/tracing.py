"""Traces for OpenTelemetry, where the extra `telemetry` is installed and `POINTS_BANK_TRACING` is on.

A request is a span, under the one that its caller named in `traceparent`; its acts are spans under it. Where they are
sent is told by OpenTelemetry's own settings (`OTEL_EXPORTER_OTLP_ENDPOINT` and others).
"""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from points_bank import __version__
from points_bank.clock import machine_time_ns
from points_bank.observing import REQUEST, ActSeen, Watcher

NANOSECONDS = 1_000_000_000


class Traces(Watcher):
    """Hands spans on, by default to where OpenTelemetry's settings say."""

    def __init__(self, processor: SpanProcessor | None = None) -> None:
        self._provider = TracerProvider(resource=Resource.create({"service.name": "points-bank"}))
        self._provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter()))
        self.tracer = self._provider.get_tracer("points_bank", __version__)

    def act_ended(self, seen: ActSeen) -> None:
        ended = machine_time_ns()
        span = self.tracer.start_span(
            f"act {seen.act}",
            start_time=ended - int(seen.seconds * NANOSECONDS),
            attributes={"points_bank.way": seen.way, "points_bank.outcome": seen.outcome},
        )
        span.end(ended)


class TracedRequests:
    """A span for each request. What an address holds is not told, only its route."""

    def __init__(self, app: ASGIApp, traces: Traces) -> None:
        self._app, self._tracer = app, traces.tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with self._tracer.start_as_current_span(
            scope["method"], context=extract(carrier), kind=trace.SpanKind.SERVER
        ) as span:
            await self._app(scope, receive, send)
            request = REQUEST.get()
            span.update_name(f"{scope['method']} {scope.get('path_template', '')}")
            span.set_attribute("points_bank.request_id", request.id if request else "")
