"""JSON whose numbers keep the text that their client sent: `1.10` is not printed as `1.1`, nor `1e2` as `100.0`."""

import math
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec


class Number(float):
    """A number with a fraction or an exponent, and how it was written.

    It compares as a float; `are_same` looks at all digits.
    """

    def __new__(cls, text: str) -> "Number":
        number = super().__new__(cls, text)
        if math.isinf(number):
            raise ValueError("number out of range")
        number.text = text
        return number

    text: str

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


def decoder(type_: Any = Any) -> Callable[[str | bytes], Any]:
    """A reader of JSON whose untyped numbers, unless they are integers, are `Number`s."""
    return msgspec.json.Decoder(type_, float_hook=Number).decode


def _written(value: Any) -> msgspec.Raw:
    if isinstance(value, Number):
        return msgspec.Raw(value.text.encode())
    raise NotImplementedError


encode = msgspec.json.Encoder(enc_hook=_written).encode
encode_sorted = msgspec.json.Encoder(enc_hook=_written, order="sorted").encode
decode = decoder()


def plain(value: Any) -> Any:
    """The value with plain floats, for libraries that don't accept `Number`."""
    return msgspec.json.decode(encode(value))


def are_same(one: Any, other: Any) -> bool:
    """Whether two values are equal, however their numbers are written; `1` and `true` differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(are_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(are_same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if (isinstance(one, Number) and isinstance(other, Number | int)) or (
        isinstance(other, Number) and isinstance(one, int)
    ):
        return _exactly(one) == _exactly(other)
    return bool(one == other)


def _exactly(number: Any) -> Decimal | str:
    try:
        return Decimal(str(number))
    except InvalidOperation:  # an exponent that no decimal has
        return str(number)
