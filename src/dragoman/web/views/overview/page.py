"""Overview: open tasks by state and age, done per day, overdue, requests a dialect. Each figure leads to its lists."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode

from starlette.responses import Response

from dragoman.domain.errors import Invalid, Problem
from dragoman.domain.traffic import may_watch
from dragoman.usecases.tasks import summaries
from dragoman.usecases.tasks.summaries import AGES, MOST_DAYS, WEEKS, Summary
from dragoman.web.dialects import DIALECTS
from dragoman.web.drawing import STATE_WORDS
from dragoman.web.site import Page
from dragoman.web.views.overview.figures import HEIGHT, ROW, Figure, Line, Part, columns, rows
from dragoman.web.views.traffic.listing import entries
from dragoman.web.visit import Visit
from dragoman.web.words import N_

ADDRESS = "/ui/overview"
USUAL_DAYS = 30
CHOICES = (7, 30, 90)
FAILED = 400
OPEN_STATES = ("inactive", "ready", "claimed", "running")
AGE_WORDS = (N_("today"), N_("up to a week"), N_("up to 30 days"), N_("older"))
AGE_TERMS = ("created:>=today", "created:today-6d..today-1d", "created:today-29d..today-7d", "created:<today-29d")
WEEK_WORDS = (N_("Last 7 days"), N_("1 week ago"), N_("2 weeks ago"), N_("3 weeks ago"), N_("Earlier"))
WEEK_TERMS = (
    *("due:>=today-6d", "due:today-13d..today-7d", "due:today-20d..today-14d", "due:today-27d..today-21d"),
    "due:<today-27d",
)


async def show(visit: Visit) -> Response:
    """The figures, at most a minute old."""
    principal = visit.require()
    days = _days(visit.request.first("days"))
    summary = await _summary(visit, days)
    figures = [_open(visit, summary), _done(visit, summary), _overdue(visit, summary), _requests(visit)]
    return await visit.framed(
        "overview/page.html",
        "overview",
        figures=figures,
        is_empty=not any(figure.bars for figure in figures),
        days=days,
        choices=CHOICES,
        as_of=visit.moments.time(summary.at),
        is_own=summaries.is_own(principal),
    )


def _days(text: str | None) -> int:
    """The number of days. Invalid for what is none, or too many."""
    if text is None:
        return USUAL_DAYS
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST_DAYS):
        message = f"days must be a number from 1 to {MOST_DAYS}."
        raise Invalid("out_of_range", message, (Problem("?days", "range", message),))
    return int(text)


async def _summary(visit: Visit, days: int) -> Summary:
    principal, zone = visit.require("task.read"), visit.moments.zone
    whose = principal.user if summaries.is_own(principal) else None
    key = (principal.tenant, whose, days, zone)

    async def find() -> Summary | None:
        return await visit.read(summaries.look, summaries.Look(days, zone))

    found = await visit.app.summaries.get(key, find)
    if found is None:
        raise RuntimeError("a summary always has figures")
    return found


# The figures


def _open(visit: Visit, summary: Summary) -> Figure:
    ages = [visit.gettext(words) for words in AGE_WORDS]
    parts, lines = [], []
    for state in OPEN_STATES:
        name = visit.gettext(STATE_WORDS[state])
        counts = summary.open.get(state, [0] * (len(AGES) + 1))
        hrefs = [_list(summary, "all", f"state:{state} {term}") for term in AGE_TERMS]
        parts.append(_parts(visit, counts, [f"{name}, {age}" for age in ages], hrefs))
        lines.append(Line(name, _cells(visit, counts, hrefs)))
    total = sum(map(sum, summary.open.values()))
    older = sum(counts[-1] for counts in summary.open.values())
    return Figure(
        "open",
        visit.gettext("Open by state and age"),
        visit.gettext("Open: %(count)s, %(older)s of them older than 30 days", count=total, older=older),
        rows(parts),
        ROW * len(parts),
        [visit.gettext("State"), *ages],
        lines,
        [line.name for line in lines],
        [_number(visit, sum(count for count, _, _ in row)) for row in parts],
        ages,
    )


def _done(visit: Visit, summary: Summary) -> Figure:
    counts = [count for _, count in summary.done]
    names = [visit.moments.written_day(day) for day, _ in summary.done]
    hrefs = [_ended(summary, day) for day, _ in summary.done]
    values = {"least": min(counts), "most": max(counts), "today": counts[-1]}
    return Figure(
        "done",
        visit.gettext("Done per day"),
        visit.gettext("Done per day, %(least)s to %(most)s, today %(today)s", **values),
        columns(_parts(visit, counts, names, hrefs)),
        HEIGHT,
        [visit.gettext("Day"), visit.gettext("Done")],
        [Line(name, _cells(visit, [count], [href])) for name, count, href in zip(names, counts, hrefs, strict=True)],
        ends=(names[0], names[-1]),
    )


def _overdue(visit: Visit, summary: Summary) -> Figure:
    names = [visit.gettext(words) for words in WEEK_WORDS]
    hrefs = [_list(summary, "overdue", term) for term in WEEK_TERMS]
    parts = _parts(visit, summary.overdue, names, hrefs)
    total = sum(summary.overdue)
    return Figure(
        "overdue",
        visit.gettext("Overdue"),
        visit.gettext("Overdue: %(count)s now, %(week)s of them since a week at most", count=total, week=parts[0][0]),
        rows([[part] for part in parts]),
        ROW * len(WEEKS) + ROW,
        [visit.gettext("Due"), visit.gettext("Overdue")],
        [Line(name, _cells(visit, [part[0]], [part[2]])) for name, part in zip(names, parts, strict=True)],
        names,
        [_number(visit, count) for count in summary.overdue],
    )


def _requests(visit: Visit) -> Figure:
    """Of those that this process still has; a user who isn't an administrator has only his own, without a list."""
    principal = visit.require()
    is_any = may_watch(principal)
    kept = [entry for entry in entries(visit) if is_any or entry.user == principal.user]
    answered = Counter((entry.dialect, entry.status >= FAILED) for entry in kept)
    names, lines, parts = [], [], []
    kinds = [visit.gettext("answered"), visit.gettext("failed")]
    for dialect in visit.app.dialects:
        name = DIALECTS.get(dialect.name, dialect.title)
        counts = [answered[dialect.name, False], answered[dialect.name, True]]
        terms = [f"dialect:{dialect.name} status:{term}" for term in ("<400", ">=400")]
        hrefs = [f"/ui/traffic?{urlencode({'q': term})}" if is_any else "" for term in terms]
        names.append(name)
        parts.append(_parts(visit, counts, [f"{name}, {kind}" for kind in kinds], hrefs))
        lines.append(Line(name, _cells(visit, counts, hrefs)))
    total, failed = len(kept), sum(count for (_, is_failed), count in answered.items() if is_failed)
    return Figure(
        "requests",
        visit.gettext("Requests a dialect"),
        visit.gettext("Requests: %(count)s of the last 10,000, %(failed)s of them failed", count=total, failed=failed),
        rows(parts),
        ROW * len(parts),
        [visit.gettext("Dialect"), *kinds],
        lines,
        names,
        [_number(visit, sum(count for count, _, _ in row)) for row in parts],
        kinds,
    )


def _parts(visit: Visit, counts: Sequence[int], names: Sequence[str], hrefs: Sequence[str]) -> list[Part]:
    return [
        (count, f"{name}: {_number(visit, count)}", href)
        for count, name, href in zip(counts, names, hrefs, strict=True)
    ]


def _cells(visit: Visit, counts: Sequence[int], hrefs: Sequence[str]) -> list[tuple[str, str]]:
    return [(_number(visit, count), href if count else "") for count, href in zip(counts, hrefs, strict=True)]


def _number(visit: Visit, count: int) -> str:
    from babel.numbers import format_decimal  # other pages need none of it

    return str(format_decimal(count, locale="en_GB" if visit.words.language == "en" else visit.words.language))


def _list(summary: Summary, name: str, terms: str) -> str:
    """The list of what a bar counts; of his own tasks, where it counts those."""
    q = f"is:open {terms}" if name == "all" else terms
    return f"/ui/inbox/{name}?{urlencode({'q': f'{q} assignee:me' if summary.is_own else q})}"


def _ended(summary: Summary, day: date) -> str:
    return f"/ui/inbox/{'done' if summary.is_own else 'all'}?{urlencode({'q': f'ended:{day.isoformat()}'})}"


PAGES = (Page(ADDRESS, show),)
