"""Spans of model calls for whoever runs an OpenTelemetry collector; nothing at all otherwise.

Only when OTEL_EXPORTER_OTLP_ENDPOINT is set and the OpenTelemetry packages are installed beside the
product. Names follow the GenAI conventions. A span says which model, how long and how many tokens:
never a word of what was asked or answered.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from agents.base import ModelUse

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@dataclass(frozen=True)
class ModelSpan:
    """The span of one call; ``span`` is OpenTelemetry's own, or None when nobody listens."""

    span: Any = None

    def ended(self, use: ModelUse, failure: str) -> None:
        """``failure`` is one of our own plain reasons, or ''."""
        if self.span is None:
            return
        self.span.set_attribute("gen_ai.usage.input_tokens", use.input_tokens)
        self.span.set_attribute("gen_ai.usage.output_tokens", use.output_tokens)
        self.span.set_attribute("gen_ai.usage.cache_read.input_tokens", use.cached_tokens)
        if failure:
            self.span.set_attribute("error.type", failure)


@contextmanager
def model_span(model: str, base_url: str) -> Iterator[ModelSpan]:
    tracer = tracer_if_wanted()
    if tracer is None:
        yield ModelSpan()
        return
    parts = urlsplit(base_url)
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": model,
        "server.address": parts.hostname or "",
        "server.port": parts.port or (443 if parts.scheme == "https" else 80),
    }
    with tracer.start_as_current_span(f"chat {model}", attributes=attributes) as span:
        yield ModelSpan(span)


def tracer_if_wanted() -> Any:
    return _tracer() if os.environ.get(ENDPOINT) else None


@lru_cache(maxsize=1)
def _tracer() -> Any:
    """A tracer that exports by itself; one that was set up around us is left as it is."""
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        return None
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(provider)
    return trace.get_tracer("front-desk-copilot")
