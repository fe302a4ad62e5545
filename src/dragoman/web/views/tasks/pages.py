"""The addresses of one task. They come after all others below /ui/tasks/, whose last part could be taken for a task."""

from dragoman.web import verbs
from dragoman.web.site import Page
from dragoman.web.views.tasks import acts, editing, messages, page, taking_back

TASK = "/ui/tasks/{n}"

PAGES = (
    Page(TASK, page.show),
    Page(f"{TASK}/edit", editing.show, editing.save),
    Page(f"{TASK}/put-back", act=taking_back.put_back),
    Page(f"{TASK}/restore", act=taking_back.bring_back),
    Page(f"{TASK}/read", act=acts.mark_read),
    Page(f"{TASK}/messages/{{which}}", messages.download),
    *(Page(f"{TASK}/{act.name}", *acts.handlers(act)) for act in verbs.ACTS),
)
