"""The table of this dialect: what is offered, and what isn't and why. Rows and marks are those of the page, 7."""

from functools import partial

from dragoman.command import Lock
from dragoman.dialects.kit import PUBLIC, NotOffered, Operation
from dragoman.dialects.onlyoffice_crm import responses as answers
from dragoman.dialects.onlyoffice_crm.errors import LOGIN
from dragoman.dialects.onlyoffice_crm.handlers import (
    authentication,
    cases,
    categories,
    contact_list,
    contacts,
    opportunities,
    people,
    surroundings,
    task_group,
    task_list,
    task_moments,
    tasks,
)
from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.wire.cases import render_case
from dragoman.dialects.onlyoffice_crm.wire.contacts import render_whole_contact
from dragoman.dialects.onlyoffice_crm.wire.opportunities import render_opportunity, render_stage
from dragoman.dialects.onlyoffice_crm.wire.people import Persons, render_profile
from dragoman.dialects.onlyoffice_crm.wire.tasks import render_category, render_task
from dragoman.usecases import categories as category_cases
from dragoman.usecases.identity import logins, profiles

TASK_READ = frozenset({"task.read"})
TASK_WRITE = frozenset({"task.write"})
CATEGORY_READ = frozenset({"category.read"})
CATEGORY_WRITE = frozenset({"category.write"})
CONTACT_READ = frozenset({"contact.read"})
CONTACT_WRITE = frozenset({"contact.write"})
CASE_READ = frozenset({"case.read"})
CASE_WRITE = frozenset({"case.write"})
USER_READ = frozenset({"user.read"})

OF_A_LOGIN = frozenset(
    {
        "task.read",
        "task.write",
        "category.read",
        "category.write",
        "contact.read",
        "contact.write",
        "case.read",
        "case.write",
        "user.read",
    }
)
"""What the token of a login may do: all that this API can, as at the vendor."""


def operations(options: Options) -> tuple[Operation, ...]:
    """All that is offered, with these switches."""
    groups = (_tasks, _categories, _surroundings, _contacts, _opportunities, _cases)
    return tuple(operation for group in groups for operation in group(options))


def _tasks(options: Options) -> tuple[Operation, ...]:
    one = answers.one(options, 200, render_task)
    return (
        Operation(
            "POST",
            "/crm/task",
            TASK_WRITE,
            partial(tasks.parse_create, options),
            tasks.create,
            answers.one(options, 201, render_task),
            "task.create",
            summary="Make a task.",
            standing="1 [D][C]",
        ),
        Operation(
            "GET",
            "/crm/task/{taskid}",
            TASK_READ,
            partial(tasks.parse_one, options, Lock.NONE),
            tasks.get,
            one,
            "task.get",
            write=False,
            summary="Read a task.",
            standing="2 [D][C]",
        ),
        Operation(
            "PUT",
            "/crm/task/{taskid}",
            TASK_WRITE,
            partial(tasks.parse_put, options),
            tasks.put,
            one,
            "task.update",
            summary="Replace all of a task that this API shows; what isn't sent is cleared.",
            standing="3 [S][C]",
        ),
        Operation(
            "DELETE",
            "/crm/task/{taskid}",
            TASK_WRITE,
            partial(tasks.parse_delete, options),
            tasks.delete,
            one,
            "task.delete",
            summary="Delete a task; the answer is the task as it was.",
            standing="4 [D][C]",
        ),
        Operation(
            "PUT",
            "/crm/task/{taskid}/close",
            TASK_WRITE,
            partial(tasks.parse_one, options, Lock.CHANGE),
            tasks.close,
            one,
            "task.close",
            summary="Close a task; a closed one stays as it is.",
            standing="5 [D][C]",
        ),
        Operation(
            "PUT",
            "/crm/task/{taskid}/reopen",
            TASK_WRITE,
            partial(tasks.parse_one, options, Lock.CHANGE),
            tasks.reopen,
            one,
            "task.reopen",
            summary="Open a closed task again; an open one stays as it is.",
            standing="6 [D][C]",
        ),
        Operation(
            "GET",
            "/crm/task/filter",
            TASK_READ,
            partial(task_list.parse, options),
            task_list.run,
            partial(task_list.render, options),
            "task.filter",
            write=False,
            summary="List tasks by filter, sorted and page by page.",
            standing="7 [D][C]",
        ),
        Operation(
            "POST",
            "/crm/contact/task/group",
            TASK_WRITE,
            partial(task_group.parse, options),
            task_group.run,
            answers.array(options, 201, partial(render_task, in_list=True)),
            "task.create_group",
            summary="Make the same task for several contacts, or for none of them.",
            standing="8 [C]",
        ),
        Operation(
            "PUT",
            "/crm/task/{taskid}/creationdate",
            TASK_WRITE,
            task_moments.parse_creation_date,
            task_moments.set_moment,
            answers.nothing(options),
            "task.set_created",
            summary="Set when a task was created, as an import knows it.",
            standing="9 [C]",
        ),
        Operation(
            "PUT",
            "/crm/task/{taskid}/lastmodifeddate",
            TASK_WRITE,
            task_moments.parse_modification_date,
            task_moments.set_moment,
            answers.nothing(options),
            "task.set_modified",
            summary="Set when a task was last changed, as an import knows it.",
            standing="10 [C]",
        ),
    )


def _categories(options: Options) -> tuple[Operation, ...]:
    return (
        Operation(
            "GET",
            "/crm/task/category",
            CATEGORY_READ,
            categories.parse_list,
            category_cases.list_all,
            answers.array(options, 200, render_category),
            "category.list",
            write=False,
            summary="List the task categories.",
            standing="12 [D][C]",
        ),
        Operation(
            "GET",
            "/crm/task/category/{categoryid}",
            CATEGORY_READ,
            categories.parse_one,
            category_cases.get,
            answers.one(options, 200, render_category),
            "category.get",
            write=False,
            summary="Read a task category.",
            standing="13 [D][C]",
        ),
        Operation(
            "POST",
            "/crm/task/category",
            CATEGORY_WRITE,
            categories.parse_create,
            categories.create,
            answers.one(options, 201, render_category),
            "category.create",
            summary="Make a task category.",
            standing="14 [D][C]",
        ),
        Operation(
            "PUT",
            "/crm/task/category/{id}",
            CATEGORY_WRITE,
            categories.parse_update,
            categories.update,
            answers.one(options, 200, render_category),
            "category.update",
            summary="Change a task category that has no tasks.",
            standing="15 [D][C]",
        ),
        Operation(
            "PUT",
            "/crm/task/category/{id}/icon",
            CATEGORY_WRITE,
            categories.parse_update,
            categories.set_icon,
            answers.one(options, 200, render_category),
            "category.set_icon",
            summary="Change the icon of a task category.",
            standing="16 [D][C]",
        ),
        Operation(
            "PUT",
            "/crm/task/category/reorder",
            CATEGORY_WRITE,
            categories.parse_reorder,
            categories.reorder,
            answers.array(options, 200, render_category),
            "category.reorder",
            summary="Put the task categories of some titles in this order.",
            standing="17 [D][C]",
        ),
        Operation(
            "DELETE",
            "/crm/task/category/{categoryid}",
            CATEGORY_WRITE,
            categories.parse_delete,
            categories.delete,
            answers.one(options, 200, render_category),
            "category.delete",
            summary="Delete a task category; its tasks go to another.",
            standing="18 [D][C]",
        ),
    )


def _surroundings(options: Options) -> tuple[Operation, ...]:
    return (
        Operation(
            "POST",
            "/authentication",
            frozenset({"login"}),
            partial(authentication.parse, OF_A_LOGIN),
            logins.log_in,
            partial(authentication.render, options),
            LOGIN,
            credentials=authentication.credential,
            summary="Exchange a user name and a password for a token.",
            standing="29 [D][C]",
        ),
        Operation(
            "GET",
            "/people/@self",
            USER_READ,
            people.parse_self,
            profiles.own,
            answers.one(options, 200, render_profile),
            "people.self",
            write=False,
            summary="Read the profile of whoever asks.",
            standing="30 [D][C]",
        ),
        Operation(
            "GET",
            "/people",
            USER_READ,
            people.parse_list,
            people.everybody,
            answers.array(options, 200, render_profile),
            "people.list",
            write=False,
            summary="List the active users.",
            standing="31 [D][C]",
        ),
        Operation(
            "GET",
            "/people/{user}",
            USER_READ,
            people.parse_one,
            people.one,
            answers.one(options, 200, render_profile),
            "people.get",
            write=False,
            summary="Read the profile of a user by id or user name.",
            standing="31 [D][C]",
        ),
        Operation(
            "GET",
            "/capabilities",
            PUBLIC,
            surroundings.parse,
            surroundings.capabilities,
            answers.one(options, 200, _as_it_is),
            "portal.capabilities",
            write=False,
            summary="Tell how people may log in.",
            standing="32 [D][C]",
        ),
        Operation(
            "GET",
            "/settings/version/build",
            PUBLIC,
            surroundings.parse,
            surroundings.build,
            answers.one(options, 200, _as_it_is),
            "portal.version",
            write=False,
            summary="Tell the version whose API this is.",
            standing="33 [C]",
        ),
        Operation(
            "GET",
            "/settings",
            USER_READ,
            surroundings.parse,
            surroundings.settings,
            answers.one(options, 200, _as_it_is),
            "portal.settings",
            write=False,
            summary="Tell the portal's time zone and culture.",
            standing="34 [C]",
        ),
    )


def _contacts(options: Options) -> tuple[Operation, ...]:
    return (
        Operation(
            "POST",
            "/crm/contact/person",
            CONTACT_WRITE,
            contacts.parse_person,
            contacts.add_person,
            answers.one(options, 201, render_whole_contact),
            "contact.create_person",
            summary="Make a person.",
            standing="35 [D][C]",
        ),
        Operation(
            "POST",
            "/crm/contact/company",
            CONTACT_WRITE,
            contacts.parse_company,
            contacts.add_company,
            answers.one(options, 201, render_whole_contact),
            "contact.create_company",
            summary="Make a company.",
            standing="35 [D][C]",
        ),
        Operation(
            "GET",
            "/crm/contact/{contactid}",
            CONTACT_READ,
            contact_list.parse_one,
            contact_list.get,
            answers.one(options, 200, render_whole_contact),
            "contact.get",
            write=False,
            summary="Read a contact.",
            standing="36 [D][C]",
        ),
        Operation(
            "DELETE",
            "/crm/contact/{contactid}",
            CONTACT_WRITE,
            contact_list.parse_one,
            contact_list.delete,
            answers.one(options, 200, render_whole_contact),
            "contact.delete",
            summary="Delete a contact with its tasks.",
            standing="36 [D][C]",
        ),
        Operation(
            "GET",
            "/crm/contact/filter",
            CONTACT_READ,
            contact_list.parse_filter,
            contact_list.run_filter,
            partial(contact_list.render_filter, options),
            "contact.filter",
            write=False,
            summary="List contacts by filter, page by page.",
            standing="36 [D][C]",
        ),
    )


def _opportunities(options: Options) -> tuple[Operation, ...]:
    return (
        Operation(
            "GET",
            "/crm/opportunity/stage",
            CASE_READ,
            opportunities.parse_stages,
            opportunities.stages,
            answers.array(options, 200, render_stage),
            "opportunity.stages",
            write=False,
            summary="List the stages of opportunities.",
            standing="37 [D][C]",
        ),
        Operation(
            "POST",
            "/crm/opportunity",
            CASE_WRITE,
            opportunities.parse_create,
            opportunities.create,
            answers.one(options, 201, render_opportunity),
            "opportunity.create",
            summary="Make an opportunity.",
            standing="37 [D][C]",
        ),
        Operation(
            "GET",
            "/crm/opportunity/{id}",
            CASE_READ,
            cases.parse_get,
            opportunities.get,
            answers.one(options, 200, render_opportunity),
            "opportunity.get",
            write=False,
            summary="Read an opportunity.",
            standing="37 [D][C]",
        ),
        Operation(
            "DELETE",
            "/crm/opportunity/{id}",
            CASE_WRITE,
            cases.parse_delete,
            opportunities.delete,
            answers.one(options, 200, render_opportunity),
            "opportunity.delete",
            summary="Delete an opportunity with its tasks.",
            standing="37 [D][C]",
        ),
    )


def _cases(options: Options) -> tuple[Operation, ...]:
    return (
        Operation(
            "POST",
            "/crm/case",
            CASE_WRITE,
            cases.parse_create,
            cases.create,
            answers.one(options, 201, render_case),
            "case.create",
            summary="Make a case.",
            standing="38 [D][C]",
        ),
        Operation(
            "GET",
            "/crm/case/{id}",
            CASE_READ,
            cases.parse_get,
            cases.get,
            answers.one(options, 200, render_case),
            "case.get",
            write=False,
            summary="Read a case.",
            standing="38 [D][C]",
        ),
        Operation(
            "DELETE",
            "/crm/case/{id}",
            CASE_WRITE,
            cases.parse_delete,
            cases.delete,
            answers.one(options, 200, render_case),
            "case.delete",
            summary="Delete a case with its tasks.",
            standing="38 [D][C]",
        ),
    )


def _as_it_is(value: dict[str, object], _: Persons) -> dict[str, object]:
    return value


OWNERS = ("contact", "person", "company", "opportunity", "case")
"""What a container of templates may be for."""

TEMPLATES = "Templates are only stored and listed by this API, never applied; they come with templates of our own."

NOT_OFFERED = (
    NotOffered("POST", "/crm/contact/task/near", "The vendor took it out in 2015 (after 8.1).", "task.near"),
    *(NotOffered("GET", f"/crm/{word}/tasktemplatecontainer", TEMPLATES, f"container.list_{word}") for word in OWNERS),
    *(
        NotOffered("POST", f"/crm/{word}/tasktemplatecontainer", TEMPLATES, f"container.create_{word}")
        for word in OWNERS
    ),
    NotOffered("GET", "/crm/tasktemplatecontainer/{containerid}", TEMPLATES, "container.get"),
    NotOffered("PUT", "/crm/tasktemplatecontainer/{containerid}", TEMPLATES, "container.update"),
    NotOffered("DELETE", "/crm/tasktemplatecontainer/{containerid}", TEMPLATES, "container.delete"),
    NotOffered("GET", "/crm/tasktemplatecontainer/{containerid}/tasktemplate", TEMPLATES, "template.list"),
    NotOffered("POST", "/crm/tasktemplatecontainer/{containerid}/tasktemplate", TEMPLATES, "template.create"),
    NotOffered("PUT", "/crm/tasktemplatecontainer/{containerid}/tasktemplate", TEMPLATES, "template.update"),
    NotOffered("GET", "/crm/tasktemplatecontainer/tasktemplate/{id}", TEMPLATES, "template.get"),
    NotOffered("DELETE", "/crm/tasktemplatecontainer/tasktemplate/{id}", TEMPLATES, "template.delete"),
    NotOffered("POST", "/authentication/{code}", "There is no second factor to confirm.", "authentication.confirm"),
    NotOffered("POST", "/batch", "Clients found in public send one call a request.", "batch.run"),
    NotOffered("GET", "/batch", "Clients found in public send one call a request.", "batch.read"),
)
