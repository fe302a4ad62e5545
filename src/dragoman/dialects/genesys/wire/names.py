"""Names that this dialect shows beside extensions."""

from dragoman.domain.extension import fold

TASK_CARD = "TaskCard"
"""A read-only extension that every task shows; it is computed, never stored."""

BUILT_IN = frozenset(
    {
        "active_states",
        "active_tasks",
        "application_id",
        "application_type",
        "auto_complete_after",
        "completed",
        "completed_states",
        "completed_tasks",
        "contact_key",
        "customer_id",
        "disposition",
        "disposition_desc",
        "est_duration",
        "expiration_time",
        "interaction_id",
        "media_type",
        "previous_state_id",
        "resource_id",
        "resource_type",
        "service_id",
        "service_type",
        "session_id",
        "started",
        "state_id",
        "state_type",
        "task_id",
        "task_type",
        "timestamp",
        "ttl",
    }
)
"""Fields of services, states and tasks."""

RESERVED = BUILT_IN | {fold(TASK_CARD)}
"""An extension of such a name could never be read back, so no dialect may create one."""
