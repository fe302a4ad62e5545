"""What an expression is refused for: the word or text, its position from 1, and what would be right (page 2, J)."""

from dragoman.dialects.ibm_htm.problems import cut
from dragoman.domain.errors import Invalid


def syntax(text: str, position: int, why: str) -> Invalid:
    """Whatever has no code of its own: brackets, text behind the end, too deep, too long."""
    return _fault("bad_expression", f"The expression is not valid {_at(text, position)}: {why}.", text, position)


def timestamp(text: str, position: int) -> Invalid:
    """A text within TS() that is no moment."""
    why = "write it like 2031-05-04T10:20:30"
    return _fault("bad_timestamp", f"The timestamp {_at(text, position)} is not valid; {why}.", text, position)


def operator(text: str, position: int, known: str) -> Invalid:
    """No operator, or not one for the column's type. `known`: those that are."""
    return _fault("bad_operator", f"The operator {_at(text, position)} is not valid; use {known}.", text, position)


def operand(text: str, position: int, why: str) -> Invalid:
    """No value, or not one for the column."""
    return _fault("bad_operand", f"The operand {_at(text, position)} is not valid: {why}.", text, position)


def column(text: str, position: int, view: str) -> Invalid:
    """The view has no such column."""
    message = f"The column {_at(text, position)} is not valid: the view {view} does not have it."
    return _fault("bad_column", message, text, position)


def view(text: str, position: int, known: str) -> Invalid:
    """No such view, or not one for this query."""
    return _fault("bad_view", f"The view {_at(text, position)} is not valid; use {known}.", text, position)


def parameter(text: str, position: int) -> Invalid:
    """PARAM(): no parameters are passed over this interface, so it has no value."""
    return _fault("parameter_without_value", f"The parameter {_at(text, position)} has no value.", text, position)


def bad_id(text: str, position: int) -> Invalid:
    """A text that is no id."""
    message = f"The object ID {_at(text, position)} is not valid; write it like _TKI:a01b0144.2bf91704.fec7573f.1."
    return _fault("bad_object_id", message, text, position)


def other_id(text: str, position: int, wanted: str) -> Invalid:
    """The id of something else."""
    message = f"The object ID {_at(text, position)} is of another type than {wanted}."
    return _fault("other_object_id", message, text, position)


def _at(text: str, position: int) -> str:
    return f"'{cut(text)}' at position {position}"


def _fault(code: str, message: str, text: str, position: int) -> Invalid:
    return Invalid(code, message, values=(cut(text), str(position)))
