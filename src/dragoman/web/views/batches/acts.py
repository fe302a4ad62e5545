"""What people do with a batch: decide it, make its preview again, steer its run, retry and undo it.

Each form carries the revision that was seen. A refused act shows the page as it is now, with what was typed.
"""

from typing import Any

from starlette.responses import Response

from dragoman.domain.bulk import Method, OnConflict, Status
from dragoman.domain.bulk_options import LONGEST_REASON
from dragoman.domain.errors import Conflict, Expected, Forbidden, Invalid, StaleVersion
from dragoman.usecases.batches import commands, documents
from dragoman.usecases.batches.commands import Act, Action
from dragoman.usecases.batches.documents import Shown
from dragoman.usecases.batches.outcomes import retries, undo
from dragoman.usecases.batches.outcomes.results import Became
from dragoman.usecases.batches.standing import SCOPES
from dragoman.web.errors import described
from dragoman.web.views.batches import page as pages
from dragoman.web.visit import Visit
from dragoman.web.words import N_

SENTENCES = {
    "stale": N_("This batch changed since you opened the page. Nothing was decided; look at it as it is now."),
    "batch_not_in_review": N_("This batch doesn't wait for a decision any more."),
    "batch_not_running": N_("This batch doesn't run any more, or not yet."),
    "creator_may_not_approve": N_("You made this batch; somebody else decides."),
    "not_an_approver": N_("A policy names who decides this batch; you aren't among them."),
    "not_a_reviewer": N_("Reviewers and administrators decide this batch."),
    "already_undone": N_("Another batch undoes this one already."),
    "nothing_to_undo": N_("The batch changed nothing."),
    "nothing_to_retry": N_("No entry of the batch has such an outcome."),
    "images_gone": N_("It is too late: what the batch changed is no longer kept."),
    "batch_ended": N_("The batch has ended; its options can't change any more."),
}
PRECONDITION_FAILED = 412


async def refused(visit: Visit, error: Expected, typed: dict[str, str] | None = None) -> Response:
    """The page as it is now, and why nothing was done."""
    visit.request.code = error.code
    status = PRECONDITION_FAILED if isinstance(error, StaleVersion) else described(error)[0]
    said = visit.gettext(SENTENCES.get(error.code, error.message))
    seen = _number(visit.form.text("revision"))
    return await pages.page(visit, status, refusal=said, typed=typed or {}, seen_revision=seen,
                            seen_changes=visit.form.text("seen"))  # fmt: skip


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def revision(visit: Visit) -> frozenset[int]:
    """The revision that the form was made for. One that names none matches none."""
    known = _number(visit.form.text("revision"))
    return frozenset() if known is None else frozenset({known})


async def decide(visit: Visit) -> Response:
    """Approve, refuse, withdraw; or let a canary's others go on, or not."""
    visit.require(*SCOPES["decide"])
    word, reason = visit.form.text("decision"), visit.form.text("reason").strip()
    typed = {"reason": visit.form.text("reason"), "typed": visit.form.text("typed")}
    actions = {"approve": Action.APPROVE, "refuse": Action.REFUSE, "withdraw": Action.REFUSE, "stop": Action.REFUSE}
    if word not in actions:
        raise Invalid("unknown_decision", "A decision is approve, refuse, withdraw or stop.")
    seen: Shown = await visit.read(documents.get, documents.Get(pages.ref(visit)))
    faults = _faults(visit, seen, word, reason)
    if faults:
        visit.request.code = "invalid_form"
        return await pages.page(visit, 422, faults=faults, typed=typed)
    command = Act(seen.batch.number, actions[word], reason or None, revision(visit))
    try:
        done: Shown = await visit.write(commands.act, command, operation=f"batch.{actions[word]}")
    except (Conflict, Forbidden, StaleVersion) as error:
        return await refused(visit, error, typed)
    return visit.acted(pages.address(done.batch.number), _decided(visit, word, done))


def _faults(visit: Visit, seen: Shown, word: str, reason: str) -> dict[str, str]:
    batch, faults = seen.batch, dict[str, str]()
    if word == "refuse" and not reason:
        faults["reason"] = visit.gettext("Say why: a refusal needs a reason.")
    if len(reason) > LONGEST_REASON:
        faults["reason"] = visit.gettext("A reason has at most %(most)s characters.", most=LONGEST_REASON)
    if word == "approve" and batch.method is Method.DELETE and batch.status is Status.IN_REVIEW:
        will = 0 if batch.summary is None else batch.summary.will_change
        digits = "".join(each for each in visit.form.text("typed") if each in "0123456789")
        is_current = batch.revision in revision(visit)
        if digits != str(will) and is_current:
            shown = visit.words.number(will)
            faults["typed"] = visit.gettext("Type %(shown)s, the number of deletions.", shown=shown)
    return faults


def _decided(visit: Visit, word: str, done: Shown) -> str:
    batch = done.batch
    if word == "approve":
        if batch.status is Status.IN_REVIEW:
            return visit.gettext("You approved batch %(number)s; it needs more approvals.", number=batch.number)
        return visit.gettext("Batch %(number)s approved.", number=batch.number)
    if batch.status is Status.STOPPED:
        return visit.gettext("Batch %(number)s stopped.", number=batch.number)
    if word == "withdraw":
        return visit.gettext("Batch %(number)s withdrawn.", number=batch.number)
    return visit.gettext("Batch %(number)s refused.", number=batch.number)


async def preview(visit: Visit) -> Response:
    """Make the preview again."""
    return await _steer(visit, Action.PREVIEW, N_("The preview of batch %(number)s is made again."))


async def pause(visit: Visit) -> Response:
    """Let it stand still."""
    return await _steer(visit, Action.PAUSE, N_("Batch %(number)s paused."))


async def resume(visit: Visit) -> Response:
    """Let it go on."""
    return await _steer(visit, Action.RESUME, N_("Batch %(number)s resumed."))


async def stop(visit: Visit) -> Response:
    """End it for good."""
    return await _steer(visit, Action.STOP, N_("Batch %(number)s stopped."))


async def _steer(visit: Visit, action: Action, sentence: str) -> Response:
    visit.require(*SCOPES["update"])
    reason = visit.form.text("reason").strip()[:LONGEST_REASON] or None
    command = Act(pages.ref(visit), action, reason if action is Action.STOP else None, revision(visit))
    try:
        done: Shown = await visit.write(commands.act, command, operation=f"batch.{action}")
    except (Conflict, Forbidden, StaleVersion) as error:
        return await refused(visit, error)
    number = done.batch.number
    return visit.acted(pages.address(number), visit.gettext(sentence, number=number))


async def ask_stop(visit: Visit) -> Response:
    """Ask before it is stopped."""
    visit.require(*SCOPES["update"])
    seen: Shown = await visit.read(documents.get, documents.Get(pages.ref(visit)))
    left = visit.words.number((seen.batch.total or 0) - (seen.batch.settled or 0))
    text = visit.gettext("%(count)s entries are left. They are skipped; a retry can do them later.", count=left)
    return await _question(visit, seen, N_("Stop batch %(number)s"), visit.gettext("Stop"), "bad", texts=[text])


async def ask_undo(visit: Visit) -> Response:
    """Ask what an undo does with what was changed since."""
    visit.require(*SCOPES["create"])
    seen: Shown = await visit.read(documents.get, documents.Get(pages.ref(visit)))
    changed = visit.words.number((seen.batch.success or 0) - (seen.batch.unchanged or 0))
    texts = [visit.gettext("A new batch takes back %(count)s changes. It is reviewed before it runs.", count=changed)]
    if seen.images_until is not None:
        texts.append(visit.gettext("Can be undone until %(day)s", day=visit.moments.of(seen.images_until).near) + ".")
    choices = [
        (str(OnConflict.FAIL), visit.gettext("leave it")),
        (str(OnConflict.MERGE), visit.gettext("restore the rest")),
        (str(OnConflict.OVERWRITE), visit.gettext("restore all")),
    ]
    return await _question(
        visit, seen, N_("Undo batch %(number)s"), visit.gettext("Undo"), "main", texts=texts, choices=choices
    )


async def _question(
    visit: Visit, seen: Shown, heading: str, verb: str, kind: str, *, texts: list[str], choices: Any = ()
) -> Response:
    return await visit.framed(
        "batches/question.html",
        "batches",
        heading=visit.gettext(heading, number=seen.batch.number),
        number_of_batch=seen.batch.number,
        action=visit.request.full_path,
        revision=seen.batch.revision,
        verb=verb,
        kind=kind,
        texts=texts,
        choices=choices,
        legend=visit.gettext("Where a task changed since"),
    )


async def retry(visit: Visit) -> Response:
    """A new batch of the entries that failed, or were skipped; it is reviewed."""
    visit.require(*SCOPES["create"])
    outcome = Became.SKIPPED if visit.form.text("outcome") == Became.SKIPPED else Became.FAILURE
    command = retries.Retry(batch=pages.ref(visit), outcomes=frozenset({outcome}), review=True)
    return await _again(visit, retries.retry, command, "batch.retry")


async def undo_all(visit: Visit) -> Response:
    """A new batch that takes back what this one changed; it is reviewed."""
    visit.require(*SCOPES["create"])
    word = visit.form.text("on_conflict") or str(OnConflict.FAIL)
    if word not in set(map(str, OnConflict)):
        raise Invalid("unknown_choice", "What changed since is left, restored in part, or restored.")
    command = undo.Undo(batch=pages.ref(visit), on_conflict=OnConflict(word))
    return await _again(visit, undo.undo, command, "batch.undo")


async def _again(visit: Visit, run: Any, command: Any, operation: str) -> Response:
    try:
        made = await visit.write_once(run, command, Shown, operation=operation)
    except (Conflict, Forbidden, Invalid) as error:
        return await refused(visit, error)
    number = made.batch.number
    return visit.acted(pages.address(number), visit.gettext("Batch %(number)s was made.", number=number))
