"""`Accept`: the media type that a client prefers among those that are offered (RFC 9110 12.5.1)."""

_MOST = 64  # media ranges that are read; no client sends as many


def choose(accept: str | None, offered: tuple[str, ...]) -> str | None:
    """The offered type with the highest quality, the first of equal ones; None when none is acceptable.

    Without the header, and for `*/*`, that is the first one.
    """
    ranges = [_read(part) for part in (accept or "").split(",")[:_MOST] if part.strip()]
    if not ranges:
        return offered[0]
    rated = [(_quality(type_, ranges), type_) for type_ in offered]
    best = max(quality for quality, _ in rated)
    return next(type_ for quality, type_ in rated if quality == best) if best > 0 else None


def _read(text: str) -> tuple[str, float]:
    """A media range and its quality; one that can't be read is taken as 1."""
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = next((part[2:].strip() for part in parameters if part.startswith("q=")), "1")
    try:
        return name, min(max(float(quality), 0.0), 1.0)
    except ValueError:
        return name, 1.0


def _quality(type_: str, ranges: list[tuple[str, float]]) -> float:
    """The quality that the most specific range gives a type: itself, then `application/*`, then `*/*`."""
    family = type_.partition("/")[0] + "/*"
    for wanted in (type_, family, "*/*"):
        for name, quality in ranges:
            if name == wanted:
                return quality
    return 0.0
