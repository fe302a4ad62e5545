"""What names a group: work items of tasks, templates, policies of batches. A group that is named isn't deleted."""

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from dragoman.command import Lock
from dragoman.domain import group_names
from dragoman.domain.batch_policy import Rule
from dragoman.domain.errors import Conflict
from dragoman.domain.people import Group
from dragoman.usecases.uow import UnitOfWork

GROUP = "group:"
SHOWN = 20
AT_ONCE = 500


class Use(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place that names a group. `kind` is `task`, `template`, `policy` (of the tenant) or `setting` (a policy of the
    configuration); a policy has its place in the list."""

    kind: str
    id: str | None = None
    number: int | None = None
    name: str | None = None
    index: int | None = None


def end(uow: UnitOfWork, group: Group, *, force: bool) -> None:
    """Take the group out of all work items, with `force`; Conflict `group_in_use` while anything names it."""
    elsewhere = [*_templates(uow, group), *_policies(uow, group)]
    uses = elsewhere if force else [*elsewhere, *_tasks(uow, group, SHOWN)]
    if uses:
        raise Conflict("group_in_use", f"The group {group.name} is named elsewhere.", uses=tuple(uses[:SHOWN]))
    _take_out(uow, f"{GROUP}{group.uid}")


def _tasks(uow: UnitOfWork, group: Group, limit: int) -> Iterator[Use]:
    for task in uow.tasks.of_numbers(uow.tasks.naming(f"{GROUP}{group.uid}", limit=limit)):
        yield Use("task", task.uid, task.number, task.title or task.name)


def _templates(uow: UnitOfWork, group: Group) -> Iterator[Use]:
    for template in uow.templates.all():
        if any(f"{GROUP}{group.uid}" in holders for holders in template.roles.values()):
            yield Use("template", template.uid, name=template.name)


def _policies(uow: UnitOfWork, group: Group) -> Iterator[Use]:
    for kind, rules in (("policy", uow.home.batch_policies), ("setting", uow.terms.policies)):
        yield from (Use(kind, index=index) for index, rule in enumerate(rules) if _names(rule, group))


def _names(rule: Rule, group: Group) -> bool:
    return any(
        name.startswith(GROUP) and group_names.same(name.removeprefix(GROUP), group.name)
        for name in rule.approvers or ()
    )


def _take_out(uow: UnitOfWork, holder: str) -> None:
    while numbers := uow.tasks.naming(holder, limit=AT_ONCE):
        for task in uow.tasks.of_numbers(numbers, Lock.CHANGE):
            kept = tuple(item for item in task.work_items if item.holder != holder)
            uow.tasks.save(replace(task, work_items=kept))
