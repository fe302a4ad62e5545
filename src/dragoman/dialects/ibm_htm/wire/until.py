"""How long a suspension lasts: `deadline` or `duration`; or neither, and then until a user resumes it (page, 5)."""

import msgspec

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.wire import times
from dragoman.dialects.kit import Request
from dragoman.domain import timing
from dragoman.domain.clock import Moment
from dragoman.domain.errors import Invalid


class Until(msgspec.Struct, frozen=True):
    """A moment, a length from now on, or neither."""

    deadline: Moment | None = None
    duration: str | None = None

    def moment(self, now: Moment) -> Moment | None:
        """When the task goes on by itself."""
        return self.deadline if self.duration is None else timing.after(now, self.duration)


def parse_until(request: Request, *, needed: bool = False) -> Until:
    """Invalid for both at once (`parameters_at_odds`), for neither where one is `needed`, and for the past."""
    deadline, duration = request.first("deadline"), request.first("duration")
    if (deadline is None) is (duration is None) and (needed or deadline is not None):
        raise refusals.at_odds("deadline", "duration")
    if deadline is not None:
        return Until(deadline=_deadline(deadline, request.received_at))
    if duration is not None:
        return Until(duration=_duration(duration, request.received_at))
    return Until()


def _deadline(text: str, now: Moment) -> Moment:
    try:
        # A plus sign in a query is a blank: an offset east of Greenwich comes so from clients that don't escape it.
        moment = times.parse(text.replace(" ", "+"))
    except ValueError:
        raise refusals.bad_timer(text) from None
    if moment <= now:
        raise refusals.bad_timer(text)
    return moment


def _duration(text: str, now: Moment) -> str:
    """ISO 8601 alone; the calendar expressions of an update are not for parameters (page, 1)."""
    try:
        reached = timing.after(now, text) if text.startswith("P") else None
    except Invalid:
        reached = None
    if reached is None or reached <= now:
        raise refusals.bad_timer(text)
    return text
