"""The small types that bodies are made of. They are checked in requests and described in the OpenAPI document.

JSON that holds NUL, or an integer beyond 64 bits, never gets as far as these types (`kit/json.py`); the schema states
so too, so that a client made from it doesn't send any.
"""

import re
import sys
from typing import Annotated, Any

from msgspec import Meta, Raw

LARGEST = 2**63 - 1
LARGEST_FLOAT = sys.float_info.max
WITHOUT_NUL = {"pattern": r"^[^\u0000]*$"}

_YEAR = r"(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
_LEAP_YEAR = r"([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)"
_MONTH_AND_DAY = (
    r"((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_DAY = rf"({_YEAR}-{_MONTH_AND_DAY}|{_LEAP_YEAR}-02-29)"
_TIME_OF_DAY = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_OFFSET = r"(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"

TIME_PATTERN = rf"^{_DAY}T{_TIME_OF_DAY}(\.[0-9]{{1,7}})?{_OFFSET}$"
LOCAL_PATTERN = rf"^{_DAY}T{_TIME_OF_DAY}$"
UUID_PATTERN = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
UUID = re.compile(UUID_PATTERN)
EMAIL_PATTERN = r"^[^@\u0000-\u0020\u007f]+@[^@\u0000-\u0020\u007f]+$"
LANGUAGE_PATTERN = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$"

Line = Annotated[str, Meta(max_length=255, extra_json_schema=WITHOUT_NUL)]
Text = Annotated[str, Meta(max_length=65_536, extra_json_schema=WITHOUT_NUL)]
Count = Annotated[int, Meta(ge=0, le=LARGEST)]
Number = Annotated[int, Meta(ge=1, le=LARGEST)]
Minutes = Annotated[int, Meta(ge=0, le=5_256_000)]
Uid = Annotated[str, Meta(extra_json_schema={"pattern": UUID_PATTERN, "format": "uuid"})]
Ref = Number | Uid
ExtensionName = Annotated[str, Meta(min_length=1, max_length=255, extra_json_schema=WITHOUT_NUL)]
Person = Annotated[str, Meta(min_length=1, max_length=255, extra_json_schema=WITHOUT_NUL)]
Time = Annotated[str, Meta(extra_json_schema={"pattern": TIME_PATTERN, "format": "date-time"})]
LocalTime = Annotated[str, Meta(extra_json_schema={"pattern": LOCAL_PATTERN})]
Zone = Annotated[str, Meta(max_length=64, extra_json_schema={"format": "time-zone"})]
HomeZone = Annotated[str, Meta(max_length=64, extra_json_schema={"format": "iana-time-zone"})]
"""The zone of a user or tenant; one that isn't known is a fault of its own."""
EMail = Annotated[str, Meta(max_length=255, extra_json_schema={"pattern": EMAIL_PATTERN})]
Language = Annotated[str, Meta(extra_json_schema={"pattern": LANGUAGE_PATTERN})]
AnyJson = Annotated[Raw, Meta(extra_json_schema={"$ref": "#/components/schemas/AnyJson"})]

ANY_JSON: dict[str, Any] = {
    "description": "Any JSON without NUL in its text, its integers within 64 bits.",
    "anyOf": [
        {"type": "null"},
        {"type": "boolean"},
        {"type": "integer", "minimum": -LARGEST - 1, "maximum": LARGEST},
        {"type": "number", "minimum": -LARGEST_FLOAT, "maximum": LARGEST_FLOAT},
        {"type": "string", **WITHOUT_NUL},
        {"type": "array", "items": {"$ref": "#/components/schemas/AnyJson"}},
        {
            "type": "object",
            "propertyNames": WITHOUT_NUL,
            "additionalProperties": {"$ref": "#/components/schemas/AnyJson"},
        },
    ],
}
