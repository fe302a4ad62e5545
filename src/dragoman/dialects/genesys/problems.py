"""From the faults of a body to one error: its code is that of the weightiest fault, its message tells them all."""

from dragoman.dialects.kit.fields import Problems
from dragoman.domain.errors import Invalid

CODES = {"missing": "missing_field", "name": "invalid_name"}
"""What counts before all else, in this order: what is missing, then what can't be called so."""

TOLD = 10


def raise_if_any(problems: Problems) -> None:
    """Invalid `missing_field`, `invalid_name` or `invalid_value` when there are faults."""
    found = problems.found
    if not found:
        return
    kinds = {problem.code for problem in found}
    code = next((code for kind, code in CODES.items() if kind in kinds), "invalid_value")
    told = [f"{problem.path[1:]} {problem.message}".strip() for problem in found[:TOLD]]
    raise Invalid(code, "; ".join(told), found)
