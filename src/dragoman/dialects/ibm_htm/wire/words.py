"""The core's states and kinds in this vendor's words: symbols, never numbers (page, 3 and 4.1)."""

from dragoman.domain.task import State

STATES = {
    State.INACTIVE: "STATE_INACTIVE",
    State.READY: "STATE_READY",
    State.RUNNING: "STATE_RUNNING",
    State.COMPLETED: "STATE_FINISHED",
    State.FAILED: "STATE_FAILED",
    State.TERMINATED: "STATE_TERMINATED",
    State.CLAIMED: "STATE_CLAIMED",
    State.EXPIRED: "STATE_EXPIRED",
}

KINDS = {
    "human": "KIND_HUMAN",
    "originating": "KIND_ORIGINATING",
    "participating": "KIND_PARTICIPATING",
    "administrative": "KIND_ADMINISTRATIVE",
}
"""By `Template.kind`; what another dialect made is for humans."""
