"""`python -m bench.without_events serve ...` is the command `dragoman`, without the event log: what the log is compared
with. Nothing else differs."""

from typing import Any

from dragoman.cli.main import main
from dragoman.store.unit import overlay


class Unwritten(list[Any]):
    """The events of a transaction, none of which is kept."""

    def append(self, event: Any) -> None:
        """Leave it out."""


def leave_out() -> None:
    """Make no events from here on."""
    made = overlay.Group.__init__

    def make(self: overlay.Group, *arguments: Any) -> None:
        made(self, *arguments)
        self.events = Unwritten()

    overlay.Group.__init__ = make  # type: ignore[method-assign]  # this process is made for it
    overlay.event_of = lambda *_: None  # type: ignore[assignment]  # likewise


if __name__ == "__main__":
    leave_out()
    main()
