"""The Warning header: a sentence about a whole request that was accepted (RFC 7234 5.5)."""


def warning_of(text: str) -> tuple[str, str]:
    """The header with a sentence."""
    safe = text.encode("ascii", "replace").decode().replace("\\", "\\\\").replace('"', '\\"')
    printable = "".join(letter if letter.isprintable() else " " for letter in safe)
    return "Warning", f'299 dragoman "{printable}"'
