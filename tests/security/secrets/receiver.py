"""A collector of traces, as OpenTelemetry's exporters know it: takes what is sent, and keeps it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Receiver:
    """Listens on a free port as long as the block lasts."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler) -> None:  # noqa: N805 - the library's name; `self` is the receiver
                self.received.append(handler.rfile.read(int(handler.headers["content-length"])))
                handler.send_response(200)
                handler.end_headers()

            def log_message(handler, *_: object) -> None:  # noqa: N805
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def names(self) -> set[str]:
        """The names of all spans."""
        batches = [ExportTraceServiceRequest.FromString(body) for body in self.received]
        of_resources = [spans for batch in batches for spans in batch.resource_spans]
        return {span.name for spans in of_resources for scope in spans.scope_spans for span in scope.spans}

    def services(self) -> set[str]:
        """What the services call themselves."""
        batches = [ExportTraceServiceRequest.FromString(body) for body in self.received]
        attributes = [a for batch in batches for spans in batch.resource_spans for a in spans.resource.attributes]
        return {attribute.value.string_value for attribute in attributes if attribute.key == "service.name"}

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
