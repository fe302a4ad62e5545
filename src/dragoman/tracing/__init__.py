"""Following a request over several systems, with OpenTelemetry, where its usual variables ask for it.

Its packages are the extra `dragoman[tracing]`. They are loaded only if traces are enabled.
"""

import logging
from typing import TYPE_CHECKING

from dragoman.settings import Traces

if TYPE_CHECKING:
    from dragoman.tracing.spans import Spans

log = logging.getLogger(__name__)

SPOKEN = "http/protobuf"
EXPORTERS = frozenset({"otlp", "console"})


def begin(wanted: Traces) -> "Spans | None":
    """The tracer of this process; None if traces are off or unavailable, with a line in the log."""
    exporters = [name for name in wanted.exporters if name in EXPORTERS]
    if unknown := sorted(set(wanted.exporters) - EXPORTERS):
        log.warning("tracing.exporter_unknown", extra={"exporters": unknown, "known": sorted(EXPORTERS)})
    if "otlp" in exporters and wanted.protocol != SPOKEN:
        log.warning("tracing.protocol_unknown", extra={"protocol": wanted.protocol, "known": [SPOKEN]})
        exporters.remove("otlp")
    if not exporters:
        return None
    try:
        from dragoman.tracing.spans import Spans
    except ModuleNotFoundError as missing:
        advice = "OTEL_ variables ask for traces: pip install 'dragoman[tracing]', or set OTEL_SDK_DISABLED=true."
        log.warning("tracing.not_installed", extra={"missing": missing.name, "advice": advice})
        return None
    return Spans.exported(exporters)
