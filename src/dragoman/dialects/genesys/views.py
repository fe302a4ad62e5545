"""What is read beside a service, state or task before it is shown: what is inside it, what other dialects know."""

from collections.abc import Mapping, Sequence

import msgspec

from dragoman.dialects.genesys.wire import moments, resources
from dragoman.dialects.genesys.wire.queries import Inside, Wanted
from dragoman.domain.case import Case, Stage
from dragoman.domain.people import name_in
from dragoman.domain.task import Task
from dragoman.usecases import categories as all_categories
from dragoman.usecases import extension_values as extensions
from dragoman.usecases.cases import lifecycle as cases
from dragoman.usecases.cases import lookup as case_lookup
from dragoman.usecases.identity import lookup as people_lookup
from dragoman.usecases.tasks import endings
from dragoman.usecases.uow import UnitOfWork


class Inner(msgspec.Struct, frozen=True):
    """The requested content of a resource."""

    inside: Inside
    wanted: Wanted


def services(uow: UnitOfWork, cases: Sequence[Case], style: str, inner: Inner) -> list[resources.Resource]:
    """These services, each with the requested content."""
    context = beside_services(uow, cases)
    return [resources.service(case, style, inner.wanted, context) | inside_of(uow, case, inner) for case in cases]


def beside_services(uow: UnitOfWork, cases: Sequence[Case]) -> resources.Beside:
    """The resource ids of those whom services are assigned to, and of those who ended them elsewhere."""
    return resources.Beside(resources=_resources(uow, cases), finishers=finishers_of_cases(uow, cases))


def inside_of(uow: UnitOfWork, case: Case, inner: Inner) -> resources.Resource:
    """States and all tasks of a service, each without the service's id (page, 3.4)."""
    inside = inner.inside
    shown: resources.Resource = {}
    if inside.active_states or inside.completed_states:
        stages = resources.in_order(case_lookup.stages_of(uow, case))
        for name, asked, is_open in (
            ("active_states", inside.active_states, True),
            ("completed_states", inside.completed_states, False),
        ):
            if asked:
                shown[name] = [
                    resources.state(stage, None, inner.wanted)
                    for stage in stages
                    if is_open is (stage.completed_at is None)
                ]
    return shown | _tasks(uow, case, None, inner)


def inside_of_state(uow: UnitOfWork, case: Case, stage: Stage, inner: Inner) -> resources.Resource:
    return _tasks(uow, case, stage, inner)


def _tasks(uow: UnitOfWork, case: Case, stage: Stage | None, inner: Inner) -> resources.Resource:
    shown: resources.Resource = {}
    for name, asked, is_open in (
        ("active_tasks", inner.inside.active_tasks, True),
        ("completed_tasks", inner.inside.completed_tasks, False),
    ):
        if asked:
            number = None if stage is None else stage.number
            found = resources.in_order(cases.tasks_of(uow, case, is_open=is_open, stage=number))
            context = beside(uow, found, inner.wanted)
            shown[name] = [resources.task(task, None, inner.wanted, context) for task in found]
    return shown


def beside(uow: UnitOfWork, tasks: Sequence[Task], wanted: Wanted) -> resources.Beside:
    """Categories, resource ids and cards for tasks that lack facts of this dialect."""
    return resources.Beside(
        _categories(uow, {task.category for task in tasks if "task_type" not in resources.facts(task)}),
        _resources(uow, tasks),
        {task.number: extensions.task_card(uow, task, moments.render) for task in tasks} if wanted.card else {},
        finishers(uow, tasks),
    )


def finishers(uow: UnitOfWork, tasks: Sequence[Task]) -> dict[int, int]:
    """The resource ids of the users who ended tasks through other dialects, where they have one, by number."""
    elsewhere = [task for task in tasks if not task.is_open and not resources.ended_here(task)]
    return _resources_of(uow, endings.of(uow, elsewhere) if elsewhere else {})


def finishers_of_cases(uow: UnitOfWork, cases: Sequence[Case]) -> dict[int, int]:
    """The same of services."""
    elsewhere = [case for case in cases if case.completed_at is not None and not resources.ended_here(case)]
    return _resources_of(uow, endings.of_cases(uow, elsewhere) if elsewhere else {})


def _resources_of(uow: UnitOfWork, ended: Mapping[int, endings.Ending]) -> dict[int, int]:
    people_lookup.load(uow, {ending.user for ending in ended.values()})
    found: dict[int, int] = {}
    for number, ending in ended.items():
        user = people_lookup.find(uow, ending.user)
        name = None if user is None else name_in(user, resources.NAME)
        if name is not None:
            found[number] = int(name)
    return found


def _categories(uow: UnitOfWork, numbers: set[int | None]) -> dict[int, str]:
    wanted = {number for number in numbers if number is not None}
    return {category.number: category.title for category in all_categories.load(uow, wanted)} if wanted else {}


def _resources(uow: UnitOfWork, entities: Sequence[Task | Case]) -> dict[str | None, int | None]:
    users = {entity.assignee for entity in entities}
    people_lookup.load(uow, users)
    found: dict[str | None, int | None] = {}
    for user in (people_lookup.find(uow, uid) for uid in users):
        name = None if user is None else name_in(user, resources.NAME)
        if user is not None and (name is not None or user.deleted_at is not None):
            found[user.uid] = None if name is None else int(name)
    return found
