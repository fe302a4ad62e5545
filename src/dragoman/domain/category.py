"""A category: a kind of work. It stores the count of its tasks, so that no query counts them."""

import msgspec

from dragoman.domain.clock import Moment


class Category(msgspec.Struct, frozen=True):
    """One category; `sort_order` counts from 1."""

    tenant: int
    number: int
    title: str
    description: str = ""
    icon: str = ""
    sort_order: int = 0
    task_count: int = 0
    created_at: Moment = Moment(0)
    row_version: int = 1
