"""The operations on template sets, in the order of the reading page."""

from functools import partial

from dragoman.dialects.kit import any_of
from dragoman.dialects.native.contracts import operation
from dragoman.dialects.native.handlers import template_sets
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import template_sets as wire
from dragoman.usecases import template_sets as sets

_get = partial(operation, method="GET", scopes=any_of("task.read"))

TEMPLATE_SETS = (
    _get(
        name="list_template_sets",
        path="/template-sets",
        summary="The template sets, by number.",
        parse=template_sets.parse_list,
        run=sets.list_all,
        render=template_sets.render_list,
        answer=wire.TemplateSetList,
    ),
    _get(
        name="read_template_set",
        path="/template-sets/{id}",
        summary="One template set with its templates.",
        parse=template_sets.parse_get,
        run=sets.get,
        render=template_sets.render_one,
        answer=wire.TemplateSetWhole,
    ),
    operation(
        method="POST",
        name="apply_template_set",
        path="/template-sets/{id}/apply",
        summary="Make all tasks of a template set for a contact or a case, or none.",
        scopes=any_of("task.write"),
        writes=True,
        parse=template_sets.parse_apply,
        run=sets.apply,
        render=template_sets.render_applied,
        query=queries.Trial,
        body=wire.Application,
        answer=wire.AppliedTasks,
        status=201,
    ),
)
