"""The list from which the page of a task was opened, and where completing the task leads."""

from typing import NamedTuple
from urllib.parse import urlencode

from dragoman.domain.task_query.keys import LONGEST
from dragoman.usecases.inbox.following import Following, following
from dragoman.usecases.inbox.lists import NAMES
from dragoman.web.views.tasks import finding
from dragoman.web.visit import Visit

LIST, FILTER = "from", "q"
NEXT, STAY = "next", "stay"


class Origin(NamedTuple):
    """A list with its filter; `q` is None where it has none of its own."""

    name: str
    q: str | None

    @property
    def query(self) -> str:
        """What the address of a task's page ends in when it was opened from here."""
        return f"?{urlencode([(LIST, self.name), *self._filter])}"

    @property
    def more(self) -> str:
        """The same behind other parameters."""
        return f"&{self.query[1:]}"

    @property
    def address(self) -> str:
        """The list itself."""
        return f"/ui/inbox/{self.name}{'?' if self._filter else ''}{urlencode(self._filter)}"

    @property
    def _filter(self) -> list[tuple[str, str]]:
        return [] if self.q is None else [(FILTER, self.q)]


def of(visit: Visit) -> Origin | None:
    """As a form says, else as the address does; None where neither names a list."""
    if LIST in visit.form:
        name, text = visit.form.text(LIST), visit.form.text(FILTER) if FILTER in visit.form else None
    else:
        name, text = visit.request.first(LIST) or "", visit.request.first(FILTER)
    return Origin(name, text) if name in NAMES and len(text or "") <= LONGEST else None


def address(visit: Visit, number: int) -> str:
    """The page of a task, which remembers the list."""
    origin = of(visit)
    return finding.address(number) + ("" if origin is None else origin.query)


async def after_completing(visit: Visit, number: int) -> str | None:
    """Where completing this task from its page leads, as its user prefers; asked before it is done.

    None for a page that wasn't opened from a list, and for users who stay.
    """
    origin, wanted = of(visit), visit.preferences.after_completing
    if origin is None or wanted == STAY:
        return None
    if wanted == NEXT:
        dialects = tuple(dialect.name for dialect in visit.app.dialects)
        command = Following(number=number, name=origin.name, text=origin.q, dialects=dialects)
        found = await visit.read(following, command)
        if found is not None:
            return address(visit, found)
    return origin.address
