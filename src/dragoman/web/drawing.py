"""Drawing pages from templates. What a value holds is always text: it is escaped, and an unknown name is an error."""

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dragoman import __version__
from dragoman.web import assets, icons
from dragoman.web.forms import LABELS
from dragoman.web.frame import initials
from dragoman.web.live.shortcuts import SHORTCUTS
from dragoman.web.rows.acts import act_names, row_acts
from dragoman.web.rows.columns import columns, extension_text
from dragoman.web.rows.dues import due_text, urgency
from dragoman.web.words import N_, Words, words

if TYPE_CHECKING:
    import jinja2

FOLDER = Path(__file__).parent
SPRITE = "<!-- sprite -->"
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
DIALECTS = {
    "genesys": "Genesys",
    "ibm_htm": "IBM HTM",
    "onlyoffice_crm": "CRM",
    "carrierx_batch": "CarrierX",
    "native": "Native",
    "web": "Web",
    "mcp": "MCP",
    "cli": "Command line",
}
"""What a dialect is called on a tag."""


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
    environment.install_gettext_translations(words(language).catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(
        version=__version__,
        labels=LABELS,
        asset=assets.url,
        icon=icons.icon,
        language=language,
        number=words(language).number,
        initials=initials,
        row_acts=row_acts,
        act_names=act_names,
        row_columns=columns,
        extension_text=extension_text,
        urgency=urgency,
        due_text=partial(due_text, words(language)),
        state_words={state: words(language).gettext(text) for state, text in STATE_WORDS.items()},
        dialect_words=DIALECTS,
        shortcuts=SHORTCUTS,
    )
    return environment


def draw(template: str, said: Words, **values: Any) -> str:
    """The text of a page, or of a part of one, in the language of the words."""
    text = _environment(said.language).get_template(template).render(values)
    return text.replace(SPRITE, icons.sprite(text)) if SPRITE in text else text
