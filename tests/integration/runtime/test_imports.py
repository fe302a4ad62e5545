"""Optional parts are imported when they are first used, so that a server starts quickly."""

import subprocess
import sys


def test_a_server_loads_neither_traces_nor_clients_before_they_are_needed() -> None:
    statement = "import sys, dragoman.app, dragoman.cli.main, dragoman.http.server.processes, dragoman.web.views; "
    late = ("opentelemetry", "prometheus_client", "httpcore2", "httpx", "joserfc", "cryptography")
    output = f"print([name for name in sys.modules if name.startswith({late})])"
    done = subprocess.run([sys.executable, "-c", statement + output], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
