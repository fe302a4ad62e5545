"""Traces: configured by OpenTelemetry's own variables."""

import logging
import sys

import pytest

from dragoman import settings, tracing
from dragoman.settings import Traces

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("environ", "exporters"),
    [
        ({}, ()),
        ({"OTEL_SERVICE_NAME": "tasks"}, ()),
        (ENDPOINT, ("otlp",)),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, ("otlp",)),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:4318/v1/metrics"}, ()),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, ("otlp",)),
        ({"OTEL_TRACES_EXPORTER": "console, otlp"}, ("console", "otlp")),
        ({**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}, ()),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "True"}, ()),
    ],
)
def test_an_exporter_or_an_endpoint_asks_for_traces(environ: dict[str, str], exporters: tuple[str, ...]) -> None:
    assert settings.traces(environ).exporters == exporters


def test_the_protocol_of_traces_counts_before_that_of_all() -> None:
    environ = {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"}
    assert settings.traces({}).protocol == "http/protobuf"
    assert settings.traces(environ).protocol == "http/protobuf"
    assert settings.traces({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}).protocol == "grpc"


@pytest.mark.parametrize(
    ("wanted", "event"),
    [
        (Traces(("otlp",), "grpc"), "tracing.protocol_unknown"),
        (Traces(("zipkin",)), "tracing.exporter_unknown"),
    ],
)
def test_what_we_do_not_speak_is_said_and_left(wanted: Traces, event: str, caplog: pytest.LogCaptureFixture) -> None:
    assert tracing.begin(wanted) is None
    assert [record.getMessage() for record in caplog.records] == [event]


def test_without_its_packages_the_log_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "dragoman.tracing.spans", None)
    assert tracing.begin(Traces(("otlp",))) is None
    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.WARNING, "tracing.not_installed")
    assert "dragoman[tracing]" in vars(record)["advice"]
