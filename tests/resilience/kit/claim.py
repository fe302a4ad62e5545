"""lost_update.py with a user for each client: `--credentials FILE` is a JSON list of values of `Authorization`.

A claim by the same user again is no second claim, so the clients must be different people.
"""

import json
import sys
from pathlib import Path

import _kit
import lost_update


def main(arguments: list[str]) -> int:
    """The exit status of lost_update.py."""
    at = arguments.index("--credentials")
    credentials = json.loads(Path(arguments[at + 1]).read_text())
    headers = lost_update.Run.headers

    def with_credentials(run: lost_update.Run, client: int, version: str | None = None) -> dict[str, str]:
        return {**headers(run, client, version), "Authorization": credentials[client]}

    lost_update.Run.headers = with_credentials
    status: int = lost_update.main(arguments[:at] + arguments[at + 2 :])
    return status


if __name__ == "__main__":
    _kit.run("lost_update", lambda _: main(sys.argv[1:]))
