"""A small model of the lives of tasks: what each is at a moment, whichever dialect asked for it and whoever looks."""

from dataclasses import dataclass, field

from dragoman.domain.clock import Moment

ENDED = frozenset({"completed", "failed", "terminated", "expired"})


@dataclass
class Life:
    """One task. `parts` are those that it has now."""

    number: int
    parent: "Life | None" = None
    state: str = "ready"
    suspended: bool = False
    expires_at: Moment | None = None
    delete_at: Moment | None = None
    resume_at: Moment | None = None
    is_claimed: bool = False
    parts: list["Life"] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.state not in ENDED

    @property
    def has_open_part(self) -> bool:
        return any(part.is_open for part in self.parts)

    def end(self, state: str) -> None:
        """End it, and its open parts: they expire with it, else they are terminated."""
        if self.is_open:
            self.state, self.suspended, self.resume_at = state, False, None
            for part in self.parts:
                part.end("expired" if state == "expired" else "terminated")

    def suspend(self, *, until: Moment | None) -> None:
        """Suspending again moves the moment, and no part."""
        if not self.suspended:
            self._suspend_parts()
        self.suspended, self.resume_at = True, until

    def _suspend_parts(self) -> None:
        for part in self.parts:
            if part.is_open:
                part.suspended = True
                part._suspend_parts()

    def resume(self) -> None:
        self.suspended, self.resume_at = False, None
        for part in self.parts:
            if part.is_open:
                part.resume()

    def reopen(self, now: Moment) -> None:
        if not self.is_open:
            self.state = "claimed" if self.is_claimed else "ready"
            if self.expires_at is not None and self.expires_at <= now:
                self.expires_at = None


class Lives:
    """All tasks."""

    def __init__(self) -> None:
        self.of: dict[int, Life] = {}

    def add(self, number: int, parent: Life | None, expires_at: Moment | None) -> None:
        life = self.of[number] = Life(number, parent, expires_at=expires_at)
        if parent is not None:
            parent.parts.append(life)

    def remove(self, life: Life) -> None:
        """With all its parts."""
        for part in list(life.parts):
            self.remove(part)
        del self.of[life.number]
        if life.parent is not None:
            life.parent.parts.remove(life)

    def pass_time(self, now: Moment) -> None:
        """Let happen what is due: deletions first, as a task that ends only now has no time of deletion yet."""
        for life in list(self.of.values()):
            due = life.delete_at is not None and life.delete_at <= now
            if life.number in self.of and due and not life.is_open:
                self.remove(life)
        for life in sorted(self.of.values(), key=lambda one: one.number):
            if life.is_open and life.expires_at is not None and life.expires_at <= now:
                life.end("expired")
        for life in sorted(self.of.values(), key=lambda one: one.number):
            if life.suspended and life.resume_at is not None and life.resume_at <= now:
                life.resume()
