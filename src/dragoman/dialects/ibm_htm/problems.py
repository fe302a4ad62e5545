"""What this vendor refuses, in its words (page, 13). The status and the message id of each stand in `errors.py`.

`values` are what a client finds in `errorMessageParameters`.
"""

from collections.abc import Iterable

from dragoman.domain.errors import Conflict, Forbidden, Invalid, NotFound

SHOWN = 128
"""How many characters of a client's text an error repeats."""


def cut(text: str) -> str:
    """The beginning of a text that may be long."""
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


# What a request must look like


def bad_id(text: str) -> Invalid:
    """Not the form of an id."""
    return Invalid("bad_object_id", f"The ID '{cut(text)}' is not valid.", values=(cut(text),))


def other_id(text: str, wanted: str) -> Invalid:
    """The id of an object of another type."""
    values = (cut(text), wanted)
    return Invalid("other_object_id", f"The ID '{cut(text)}' has the wrong type; {wanted} is needed.", values=values)


def missing_parameter(name: str) -> Invalid:
    """A query parameter that must be there."""
    return Invalid("parameter_missing", f"The parameter '{name}' is required.", values=(name,))


def unknown_value(name: str, value: str, known: Iterable[str] = ()) -> Invalid:
    """A query parameter with a value that it can't have."""
    values = (name, cut(value), ", ".join(known))
    message = f"The parameter '{name}' has an unsupported value '{cut(value)}'."
    return Invalid("unknown_value", message, values=values if values[2] else values[:2])


def not_served(name: str, why: str) -> Invalid:
    """A query parameter that the vendor has and we leave out: ignoring it would answer another question."""
    return Invalid("parameter_not_served", f"The parameter '{name}' is not supported: {why}.", values=(name,))


def too_many_terms(name: str, limit: int) -> Invalid:
    """More terms than a query may have (ibm-htm-2.md, B.1)."""
    return Invalid("too_many_terms", f"The parameter '{name}' has more than {limit} terms.", values=(name, str(limit)))


def of_other_queries(name: str) -> Invalid:
    """A parameter of another kind of query: ignoring it would widen the list (ibm-htm-2.md, C)."""
    return Invalid("parameters_at_odds", f"The parameter '{name}' cannot be used with this query.", values=(name,))


def bad_attribute(name: str, table: str) -> Invalid:
    """The query table has no such attribute."""
    message = f"The attribute '{cut(name)}' of the query table '{table}' is not valid."
    return Invalid("bad_attribute", message, values=(cut(name), table))


def no_view(name: str) -> Invalid:
    """The query has no such view."""
    return Invalid("bad_view", f"The view '{cut(name)}' is not valid here.", values=(cut(name),))


def no_interactions(table: str) -> Invalid:
    """A composite table without what an interaction filter looks at."""
    message = f"The query table '{table}' lacks KIND or STATE, which interactionFilter needs."
    return Invalid("no_interactions", message, values=(table,))


def unsortable(name: str, most: int) -> Invalid:
    """An attribute that only so many tasks can be sorted by."""
    message = f"More than {most} tasks cannot be sorted by the attribute '{name}'."
    return Invalid("bad_attribute", message, values=(name,))


def bad_operator(text: str) -> Invalid:
    """An unknown word behind an attribute."""
    return Invalid("bad_operator", f"The operator '{cut(text)}' is not valid.", values=(cut(text),))


def at_odds(*names: str) -> Invalid:
    """Query parameters that exclude or need each other."""
    message = f"The parameters {' and '.join(repr(name) for name in names)} cannot be combined like this."
    return Invalid("parameters_at_odds", message, values=names)


def bad_timer(text: str) -> Invalid:
    """A deadline or duration of a suspension that can't be taken."""
    return Invalid("bad_timer", f"'{cut(text)}' is not a time in the future.", values=(cut(text),))


def not_acceptable(header: str) -> Invalid:
    """`Accept` or `Accept-Encoding` leaves us nothing to send."""
    return Invalid("not_acceptable", f"The header '{header}' cannot be satisfied.", values=(header,))


def bad_type(text: str) -> Invalid:
    """A content type that isn't read here."""
    return Invalid("unsupported_media_type", f"The content type '{cut(text)}' is not supported.", values=(cut(text),))


# What a body must hold


def bad_body(message: str) -> Invalid:
    """A body that is not what it must be."""
    return Invalid("invalid_json", message)


def bad_value(name: str, why: str) -> Invalid:
    """A property with a value of the wrong type, or one that it can't have."""
    return Invalid("bad_value", f"The value of the property '{cut(name)}' is not valid: {why}.", values=(cut(name),))


def bad_duration(text: str) -> Invalid:
    """No length of time, or one that leads beyond the year 9999."""
    return Invalid("bad_duration", f"The duration '{cut(text)}' is not valid.", values=(cut(text),))


def too_long(name: str, limit: int) -> Invalid:
    """A text beyond its limit."""
    message = f"The value of '{cut(name)}' is longer than {limit}."
    return Invalid("value_too_long", message, values=(cut(name), str(limit)))


def bad_priority(value: object) -> Invalid:
    """A priority below zero, or beyond 32 bits."""
    text = cut(str(value))
    return Invalid("bad_priority", f"The priority '{text}' is not valid.", values=(text,))


def time_and_duration(time: str, duration: str) -> Invalid:
    """A time and the duration that it follows from, both at once."""
    message = f"'{time}' and '{duration}' cannot be set together."
    return Invalid("time_and_duration", message, values=(time, duration))


def missing_member(name: str) -> Invalid:
    """A member of the body that must be there."""
    return Invalid("member_missing", f"The member '{name}' is required.", values=(name,))


def unknown_user(name: str) -> Invalid:
    """No user has this login."""
    return Invalid("unknown_user", f"The user '{cut(name)}' does not exist.", values=(cut(name),))


def bad_role(name: str) -> Invalid:
    """No role, or not one for this."""
    return Invalid("bad_role", f"The role '{cut(name)}' is not valid here.", values=(cut(name),))


# What there is


def no_task(task: str) -> NotFound:
    return NotFound("task_not_found", f"The task instance '{task}' does not exist.", values=(task,))


def no_template(template: str) -> NotFound:
    return NotFound("template_not_found", f"The task template '{template}' does not exist.", values=(template,))


def no_escalation(escalation: str) -> NotFound:
    shown = cut(escalation)
    return NotFound("escalation_not_found", f"The escalation instance '{shown}' does not exist.", values=(shown,))


def nothing_to_claim() -> NotFound:
    """The query finds no task that the caller may claim."""
    return NotFound("nothing_to_claim", "There is no task that can be claimed.")


def no_query(name: str) -> NotFound:
    """No query table of this name."""
    return NotFound("query_not_found", f"The query table '{cut(name)}' does not exist.", values=(cut(name),))


def no_such(what: str, name: str) -> NotFound:
    """Something that a task, a template or the server doesn't have under this name."""
    return NotFound("object_not_found", f"The {what} '{cut(name)}' does not exist.", values=(cut(name),))


def already_there(what: str, name: str) -> Conflict:
    """Something that is there already under this name."""
    return Conflict("already_there", f"The {what} '{cut(name)}' exists already.", values=(cut(name),))


# Who may


def role_missing(user: str, action: str, task: str) -> Forbidden:
    """No work item of the user permits it."""
    message = f"User '{user}' is not authorized to perform '{action}' on '{task}'."
    return Forbidden("role_missing", message, values=(user, action, task))


def administrators_only() -> Forbidden:
    """A query for administrators of the system."""
    return Forbidden("administrators_only", "No authorization for the requested action.")


def escalation_denied(user: str, action: str, escalation: str) -> Forbidden:
    """No role on the task of the escalation permits it."""
    message = f"User '{user}' is not authorized to perform '{action}' on escalation '{escalation}'."
    return Forbidden("escalation_denied", message, values=(user, action, escalation))


def not_your_property(name: str) -> Forbidden:
    """The user may update, but not this property."""
    return Forbidden("property_forbidden", f"The property '{name}' cannot be updated.", values=(name,))


def one_way(task: str) -> Forbidden:
    """There is neither output nor fault."""
    return Forbidden("one_way_task", f"The task '{task}' is one-way: it has neither output nor fault.", values=(task,))


# What the state allows


def state_forbids(state: str, task: str, action: str) -> Conflict:
    """The state doesn't allow the action."""
    message = f"Task instance state '{state}' of task '{task}' does not allow the requested action '{action}'."
    return Conflict("state_forbids", message, values=(state, task, action))


def escalation_state(state: str, escalation: str, action: str) -> Conflict:
    """The state of the escalation doesn't allow the action."""
    message = f"Escalation state '{state}' of '{escalation}' does not allow the requested action '{action}'."
    return Conflict("escalation_state", message, values=(state, escalation, action))


def escalation_property(name: str) -> Conflict:
    """The property of an escalation can't be updated in its state."""
    return Conflict("escalation_property", f"The property '{name}' cannot be updated in this state.", values=(name,))


def not_in_basket(task: str, basket: str) -> Conflict:
    """A task that can't be distributed to a work basket: it is in none that has it as a target."""
    message = f"Task '{task}' is in no work basket from which it can be distributed to '{cut(basket)}'."
    return Conflict("not_in_basket", message, values=(task, cut(basket)))


def candidates_lost(tries: int) -> Conflict:
    """All candidates that were tried have been taken by others."""
    return Conflict("candidates_lost", f"The {tries} tasks that were tried are claimed already.", values=(str(tries),))


def is_suspended(task: str, action: str) -> Conflict:
    """The action needs a task that goes on."""
    message = f"Task '{task}' is suspended and does not allow the requested action '{action}'."
    return Conflict("suspended", message, values=(task, action))


def not_suspended(task: str) -> Conflict:
    """There is nothing to resume."""
    return Conflict("not_suspended", f"Task '{task}' is not suspended.", values=(task,))


def is_waiting(task: str, action: str) -> Conflict:
    """Its subtasks must end first."""
    message = f"Task '{task}' waits for its subtasks and does not allow the requested action '{action}'."
    return Conflict("waiting_for_subtasks", message, values=(task, action))


def not_this_property_now(name: str) -> Conflict:
    """The property can't be updated in this state."""
    return Conflict("property_state", f"The property '{name}' cannot be updated.", values=(name,))


def wrong_kind(task: str, action: str) -> Conflict:
    """Not for a task of this kind."""
    message = f"The kind of task '{task}' does not allow the requested action '{action}'."
    return Conflict("wrong_kind", message, values=(task, action))


def no_subtasks(task: str) -> Conflict:
    """The task takes no subtasks."""
    return Conflict("no_subtasks", f"Task '{task}' does not support subtasks.", values=(task,))


def no_delegation(task: str) -> Conflict:
    """The task's work items stay with whom they are."""
    return Conflict("no_delegation", f"Task '{task}' does not support delegation.", values=(task,))


def not_top_level(task: str) -> Conflict:
    """Only for a task that is no part of another."""
    return Conflict("not_top_level", f"Task '{task}' is not a top-level task.", values=(task,))


def template_stopped(template: str) -> Conflict:
    """No tasks are made of the template now."""
    return Conflict("template_stopped", f"The task template '{template}' is not started.", values=(template,))


def not_transferable(role: str) -> Conflict:
    """There is no such work item, or it can't be moved."""
    message = f"There is no work item of the role '{role}' that can be transferred like this."
    return Conflict("not_transferable", message, values=(role,))


def target_role_missing(user: str, role: str) -> Forbidden:
    """Who is to get the work item lacks the role that it takes."""
    message = f"User '{cut(user)}' lacks the role that is needed to receive '{role}'."
    return Forbidden("target_role_missing", message, values=(cut(user), role))
