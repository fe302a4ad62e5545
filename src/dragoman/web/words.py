"""The words of the pages in the languages that there are: English as it stands in the source, others from catalogues.

A catalogue is a folder of `.po` files, one an area, under `locale/`; `make messages` keeps them up to date. They are
read when the first page in that language is drawn.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gettext import NullTranslations

FOLDER = Path(__file__).parent / "locale"
LANGUAGES = ("en", "de")


def N_(text: str) -> str:  # noqa: N802 - the name that extraction looks for
    """Mark a text for translation where it can't be translated yet: of a module, say."""
    return text


class Words:
    """The words of one language."""

    def __init__(self, language: str, catalogue: "NullTranslations") -> None:
        self.language = language
        self.catalogue = catalogue

    def gettext(self, text: str, /, **values: object) -> str:
        """The text in this language, its `%(name)s` filled with the values."""
        found = self.catalogue.gettext(text) if text else ""
        return found % values if values else found

    def ngettext(self, one: str, many: str, count: int, /, **values: object) -> str:
        """The form of the text for this count; `%(count)s` is the count unless it is given."""
        return self.catalogue.ngettext(one, many, count) % {"count": count, **values}

    def number(self, value: float) -> str:
        """A number as people write it: 1,251 in English."""
        if isinstance(value, int) and -1_000 < value < 1_000:
            return str(value)
        from babel.numbers import format_decimal  # most pages have only small ones

        return str(format_decimal(value, locale=self.language))


@cache
def words(language: str) -> Words:
    """The words of one of LANGUAGES."""
    from babel.messages.mofile import write_mo  # a page in English needs none of it
    from babel.messages.pofile import read_po
    from babel.support import NullTranslations, Translations

    if language == "en":
        return Words(language, NullTranslations())
    from io import BytesIO

    found = None
    for file in sorted((FOLDER / language).glob("*.po")):
        with file.open("rb") as opened:
            catalogue = read_po(opened, locale=language)
        written = BytesIO()
        write_mo(written, catalogue)
        written.seek(0)
        area = Translations(written)
        found = area if found is None else found.merge(area)
    return Words(language, found or NullTranslations())


def chosen(own: str | None, accepted: str) -> str:
    """The language of a user: his own, else the best of `Accept-Language` that there is, else English."""
    wishes = [own] if own else []
    weighed = []
    for position, part in enumerate(accepted.split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or "1"), position, tag))
        except ValueError:
            continue
    wishes += [tag for weight, _, tag in sorted(weighed) if weight < 0]
    for wish in wishes:
        language = wish.lower().partition("-")[0]
        if language in LANGUAGES:
            return language
    return "en"
