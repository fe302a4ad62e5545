"""Task categories (page, 11)."""

from dragoman.dialects._kit import Request
from dragoman.dialects.onlyoffice_crm.failures import bad_argument
from dragoman.dialects.onlyoffice_crm.parameters import gather
from dragoman.usecases import categories


def parse_list(request: Request) -> categories.List:
    """GET crm/task/category."""
    return categories.List()


def parse_one(request: Request) -> categories.Get:
    """GET crm/task/category/{categoryid}. Invalid when it is 0."""
    number = gather(request).integer("categoryid")
    if number == 0:
        raise bad_argument("categoryid", "required")
    return categories.Get(number)
