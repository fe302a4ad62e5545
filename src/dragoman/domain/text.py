"""Comparison of text: composed and decomposed letters are equal (Unicode NFC)."""

from unicodedata import normalize


def composed(text: str) -> str:
    """The text with its letters composed."""
    return text if text.isascii() else normalize("NFC", text)


def folded(text: str) -> str:
    """The form in which names and words are compared: composed, without regard to case."""
    return text.casefold() if text.isascii() else composed(composed(text).casefold())


def spellings(text: str) -> tuple[str, ...]:
    """The forms in which the text may be stored, the composed one first."""
    if text.isascii():
        return (text,)
    return tuple(dict.fromkeys((composed(text), text, normalize("NFD", text))))


def distance(one: str, other: str) -> int:
    """How many letters must be added, removed or replaced to make one of the other."""
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        before, row = row, [place]
        for at, theirs in enumerate(other):
            row.append(min(before[at + 1] + 1, row[at] + 1, before[at] + (letter != theirs)))
    return row[-1]
