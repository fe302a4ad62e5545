"""Batches: their list, the wizard that makes one, and one batch under review, while it runs,
and afterwards."""

from dragoman.web.site import Page
from dragoman.web.views.batches import acts, files, lists, options, page, wizard

DRAFT = "/ui/batches/drafts/{draft}"
ONE = "/ui/batches/{batch}"
PAGES = (
    *lists.PAGES,
    Page(wizard.NEW, wizard.new, wizard.begin, file="file"),
    Page("/ui/batches/count", wizard.count),
    Page(f"{DRAFT}/discard", act=wizard.discard),
    Page(f"{DRAFT}/{{step}}", wizard.step, wizard.fill, file="file"),
    Page(ONE, page.show),
    Page(f"{ONE}/decide", page.show, acts.decide),
    Page(f"{ONE}/preview", page.show, acts.preview),
    Page(f"{ONE}/pause", page.show, acts.pause),
    Page(f"{ONE}/resume", page.show, acts.resume),
    Page(f"{ONE}/stop", acts.ask_stop, acts.stop),
    Page(f"{ONE}/retry", page.show, acts.retry),
    Page(f"{ONE}/undo", acts.ask_undo, acts.undo_all),
    Page(f"{ONE}/options", options.show, options.act),
    Page(f"{ONE}/unusual", files.unusual),
    Page(f"{ONE}/preview.{{form}}", files.preview),
    Page(f"{ONE}/results.{{form}}", files.results),
)
