"""What this dialect refuses in its own words: arguments out of their range, and text that can't be converted.

The numbers are the vendor's .NET HRESULTs, which clients find in `error.hresult` (page, 3.1 and 6).
"""

from dragoman.domain.errors import Invalid, NotFound, Problem

OUT_OF_RANGE = -2147024809  # ArgumentException
FORMAT = -2146233033  # FormatException
OVERFLOW = -2146233066  # OverflowException
UNEXPECTED = "Value does not fall within the expected range."

ARGUMENT = "argument"
CONVERSION = "conversion"


def bad_argument(parameter: str, reason: str, message: str = UNEXPECTED) -> Invalid:
    """An invalid value. The vendor has one sentence for nearly every fault; the fault itself is in `error.data`
    (page, 17)."""
    problem = Problem(f"/{parameter}", reason, message)
    data = {"parameter": parameter, "reason": reason} if message == UNEXPECTED else {}
    return Invalid(ARGUMENT, message, (problem,), hresult=OUT_OF_RANGE, data=data)


def bad_text(parameter: str, reason: str, message: str, hresult: int, *, quoted: bool = False) -> Invalid:
    """Text that is no value of its type. `quoted`: the message names the text, so `error.data` stays empty."""
    data = {} if quoted else {"parameter": parameter, "reason": reason}
    problem = Problem(f"/{parameter}", reason, message)
    return Invalid(CONVERSION, message, (problem,), hresult=hresult, data=data)


def not_found(message: str = "Not found") -> NotFound:
    """Not found, in the vendor's words."""
    return NotFound("not_found", message, vendor_message=message)
