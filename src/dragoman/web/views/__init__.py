"""The pages themselves, one module or package an area."""

from dragoman.web.site import site
from dragoman.web.views import (
    admin,
    batches,
    contacts,
    entry,
    first_run,
    password,
    profile,
    provider_sign_in,
    schemas,
    sign_in,
    welcome,
)
from dragoman.web.views.as_seen import page as as_seen
from dragoman.web.views.connect import page as connect
from dragoman.web.views.inbox import pages as inbox
from dragoman.web.views.live import page as live
from dragoman.web.views.overview import page as overview
from dragoman.web.views.tasks import pages as task_pages
from dragoman.web.views.traffic import listing as traffic
from dragoman.web.views.traffic import page as traffic_page

__all__ = ["PAGES", "site"]

PAGES = (
    *welcome.PAGES,
    *first_run.PAGES,
    *sign_in.PAGES,
    *entry.PAGES,
    *provider_sign_in.PAGES,
    *profile.PAGES,
    *password.PAGES,
    *inbox.PAGES,
    *as_seen.PAGES,
    *connect.PAGES,
    *batches.PAGES,
    *contacts.PAGES,
    *schemas.PAGES,
    *live.PAGES,
    *overview.PAGES,
    *traffic.PAGES,
    *traffic_page.PAGES,
    *task_pages.PAGES,  # the last: /ui/tasks/{n} fits others, too
    *admin.PAGES,
)
