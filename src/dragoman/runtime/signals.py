"""The signals that stop a process in good order."""

import signal


def stopping() -> tuple[signal.Signals, ...]:
    """SIGTERM, SIGINT, and SIGHUP (a terminal was closed) unless it is ignored, as under nohup."""
    usual = (signal.SIGTERM, signal.SIGINT)
    return usual if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (*usual, signal.SIGHUP)
