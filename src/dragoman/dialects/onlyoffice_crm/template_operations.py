"""The operations on task templates and their containers (page, 7, rows 19 to 28)."""

from functools import partial

from dragoman.dialects.kit import OperationSpec, any_of
from dragoman.dialects.onlyoffice_crm import responses as answers
from dragoman.dialects.onlyoffice_crm.handlers import templates
from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.wire.templates import render_container, render_template
from dragoman.domain.template_set import AppliesTo

READ = any_of("task.read")
WRITE = any_of("task.write")
CONTAINER = "/crm/tasktemplatecontainer/{containerid}"
TEMPLATE = "/crm/tasktemplatecontainer/tasktemplate/{id}"
CONTENT = (
    *("id", "title", "description", "responsibleid", "categoryid"),
    *("isNotify", "offsetTicks", "deadLineIsFixed"),
)


def operations(options: Options) -> tuple[OperationSpec, ...]:
    """All of them."""
    lists = (each for applies_to in AppliesTo for each in _of_entity(options, applies_to))
    return (*lists, *_containers(options), *_templates(options))


def _of_entity(options: Options, applies_to: AppliesTo) -> tuple[OperationSpec, ...]:
    path = f"/crm/{applies_to}/tasktemplatecontainer"
    return (
        OperationSpec(
            name=f"container.list_{applies_to}",
            method="GET",
            path=path,
            scopes=READ,
            parse=partial(templates.parse_list, applies_to),
            run=templates.list_all,
            render=answers.array(options, 200, render_container),
            summary=f"List the template containers for entities of the kind {applies_to}.",
            standing="19 [C]",
        ),
        OperationSpec(
            name=f"container.create_{applies_to}",
            method="POST",
            path=path,
            scopes=WRITE,
            parse=partial(templates.parse_create, options, applies_to),
            run=templates.create,
            render=answers.one(options, 201, render_container),
            writes=True,
            parameters=("title",),
            summary=f"Create a template container for entities of the kind {applies_to}.",
            standing="20 [C]",
        ),
    )


def _containers(options: Options) -> tuple[OperationSpec, ...]:
    one = answers.one(options, 200, render_container)
    return (
        OperationSpec(
            name="container.get",
            method="GET",
            path=CONTAINER,
            scopes=READ,
            parse=partial(templates.parse_container, options),
            run=templates.get,
            render=one,
            summary="Read a template container.",
            standing="21 [C]",
        ),
        OperationSpec(
            name="container.update",
            method="PUT",
            path=CONTAINER,
            scopes=WRITE,
            parse=partial(templates.parse_rename, options),
            run=templates.rename,
            render=one,
            writes=True,
            parameters=("title",),
            summary="Rename a template container.",
            standing="22 [C]",
        ),
        OperationSpec(
            name="container.delete",
            method="DELETE",
            path=CONTAINER,
            scopes=WRITE,
            parse=partial(templates.parse_container, options),
            run=templates.delete,
            render=one,
            writes=True,
            summary="Delete a template container with its templates.",
            standing="23 [C]",
        ),
    )


def _templates(options: Options) -> tuple[OperationSpec, ...]:
    one = answers.one(options, 200, render_template)
    return (
        OperationSpec(
            name="template.list",
            method="GET",
            path=f"{CONTAINER}/tasktemplate",
            scopes=READ,
            parse=partial(templates.parse_container, options),
            run=templates.list_templates,
            render=answers.array(options, 200, render_template),
            summary="List the templates of a container.",
            standing="24 [C]",
        ),
        OperationSpec(
            name="template.create",
            method="POST",
            path=f"{CONTAINER}/tasktemplate",
            scopes=WRITE,
            parse=partial(templates.parse_content, options, True),
            run=templates.create_template,
            render=answers.one(options, 201, render_template),
            writes=True,
            parameters=CONTENT,
            summary="Create a template in a container.",
            standing="25 [C]",
        ),
        OperationSpec(
            name="template.update",
            method="PUT",
            path=f"{CONTAINER}/tasktemplate",
            scopes=WRITE,
            parse=partial(templates.parse_content, options, False),
            run=templates.replace_template,
            render=one,
            writes=True,
            parameters=CONTENT,
            summary="Replace the template that the parameter id names; it moves to the container of the path.",
            standing="26 [C]",
        ),
        OperationSpec(
            name="template.get",
            method="GET",
            path=TEMPLATE,
            scopes=READ,
            parse=partial(templates.parse_template, options),
            run=templates.get_template,
            render=one,
            summary="Read a template.",
            standing="27 [C]",
        ),
        OperationSpec(
            name="template.delete",
            method="DELETE",
            path=TEMPLATE,
            scopes=WRITE,
            parse=partial(templates.parse_template, options),
            run=templates.delete_template,
            render=one,
            writes=True,
            summary="Delete a template.",
            standing="28 [C]",
        ),
    )
