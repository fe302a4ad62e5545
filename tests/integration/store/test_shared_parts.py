"""Parts of statements that several conditions share are one and the same within a statement."""

import sqlalchemy as sa

from dragoman.store.repositories.task_filters import TaskFilter, conditions
from dragoman.store.tables import task

MANY = 100
"""More tenants than a server knows parts of at a time."""


def test_other_tenants_do_not_part_the_conditions_of_a_statement() -> None:
    first = conditions(1, TaskFilter(timers="apart"))
    for tenant in range(2, MANY):
        conditions(tenant, TaskFilter(timers="apart"))
    second = conditions(1, TaskFilter(timers="apart"))
    statement = sa.select(task.c.number).where(sa.or_(sa.and_(*first), sa.and_(*second)))
    assert str(statement.compile()).count("deleted(number) AS") == 1
