"""Drawing pages from templates. What a value holds is always text: it is escaped, and an unknown name is an error."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dragoman import __version__
from dragoman.web.forms import LABELS

if TYPE_CHECKING:
    import jinja2

FOLDER = Path(__file__).parent


@cache
def _environment() -> "jinja2.Environment":
    import jinja2  # a tenth of the start of a server, and compiling as much again

    loader = jinja2.FileSystemLoader(FOLDER / "templates")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(version=__version__, labels=LABELS)
    return environment


def draw(template: str, **values: Any) -> str:
    """The text of a page."""
    return _environment().get_template(template).render(values)
