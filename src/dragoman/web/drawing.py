"""Drawing pages from templates. What a value holds is always text: it is escaped, and an unknown name is an error."""

from collections.abc import Callable, Hashable
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from dragoman import __version__
from dragoman.web import assets, icons
from dragoman.web.dialects import DIALECTS
from dragoman.web.forms import LABELS, new_key
from dragoman.web.frame import initials
from dragoman.web.live.shortcuts import SHORTCUTS
from dragoman.web.patterns import Marks, pattern
from dragoman.web.rows import drawing as rows
from dragoman.web.rows.bar import ACTS as GROUP_ACTS
from dragoman.web.rows.dues import urgency
from dragoman.web.verbs import in_menus
from dragoman.web.words import N_, Words, words

if TYPE_CHECKING:
    import jinja2

FOLDER = Path(__file__).parent
SPRITE = "<!-- sprite -->"
PARTS_KEPT = 500
"""Parts of pages in a language, of some 5 kB each."""
STATE_WORDS = {
    "inactive": N_("Inactive"),
    "ready": N_("Ready"),
    "claimed": N_("Claimed"),
    "running": N_("Running"),
    "suspended": N_("Suspended"),
    "completed": N_("Completed"),
    "failed": N_("Failed"),
    "terminated": N_("Terminated"),
    "expired": N_("Expired"),
    "pending_review": N_("Waiting for review"),
}


@cache
def _environment(language: str) -> "jinja2.Environment":
    import jinja2  # a tenth of the start of a server, and compiling as much again

    loader = jinja2.FileSystemLoader(FOLDER / "templates")
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,  # else each row asks the disk whether its template has changed
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    said = words(language)
    environment.install_gettext_translations(said.catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(
        once=_once(language),
        _=_translator(said),  # a third of what that of the extension takes
        version=__version__,
        labels=LABELS,
        new_key=new_key,
        asset=assets.url,
        icon=icons.icon,
        language=language,
        number=said.number,
        initials=initials,
        in_menus=in_menus,
        urgency=urgency,
        bars=rows.bars,
        group_acts=GROUP_ACTS,
        state_words={state: said.gettext(text) for state, text in STATE_WORDS.items()},
        dialect_words=DIALECTS,
        shortcuts=SHORTCUTS,
    )
    return environment


def _once(language: str) -> Callable[..., Markup]:
    """Draws a part of a page that is the same for a shape, but for the given values: it is drawn once for each."""

    @lru_cache(PARTS_KEPT)
    def known(template: str, shape: Hashable) -> str:
        return pattern(_environment(language).get_template(template).render(shape=shape, v=Marks()))

    def fill(template: str, shape: Hashable = None, **values: object) -> Markup:
        filled = known(template, shape) % {name: escape(value) for name, value in values.items()}
        return Markup(filled)  # noqa: S704 - what fills it is escaped

    return fill


def _translator(said: Words) -> Callable[..., Markup]:
    @cache
    def known(text: str) -> str:
        return said.gettext(text)

    def translate(text: str, /, **values: object) -> Markup:
        filled = known(text) % {name: escape(value) for name, value in values.items()}
        return Markup(filled)  # noqa: S704 - the text is ours, and what fills it is escaped

    return translate


def draw(template: str, said: Words, **values: Any) -> str:
    """The text of a page, or of a part of one, in the language of the words."""
    text = _environment(said.language).get_template(template).render(values)
    return text.replace(SPRITE, icons.sprite(text)) if SPRITE in text else text


@cache
def row(language: str) -> rows.Draw:
    """Draws the row of a list for a shape and values that are escaped."""
    template = _environment(language).get_template("inbox/row.html")
    return lambda columns, shape, values: template.render(columns=columns, shape=shape, v=values)
