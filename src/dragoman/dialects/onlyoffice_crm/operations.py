"""The table of this dialect: what is offered, and what isn't and why. Rows and marks are those of the page, 7."""

from dataclasses import replace
from functools import partial

from dragoman.command import Lock
from dragoman.dialects.kit import ANY_CREDENTIALS, OTHERS, PUBLIC, NotOffered, OperationSpec, any_of
from dragoman.dialects.onlyoffice_crm import history_operations, label_operations, template_operations
from dragoman.dialects.onlyoffice_crm import responses as answers
from dragoman.dialects.onlyoffice_crm.errors import LOGIN
from dragoman.dialects.onlyoffice_crm.handlers import (
    authentication,
    batch,
    cases,
    categories,
    contact_list,
    contacts,
    opportunities,
    opportunity_list,
    opportunity_members,
    people,
    surroundings,
    task_group,
    task_list,
    task_moments,
    task_near,
    tasks,
)
from dragoman.dialects.onlyoffice_crm.options import Options
from dragoman.dialects.onlyoffice_crm.wire.cases import render_case
from dragoman.dialects.onlyoffice_crm.wire.contacts import render_whole_contact
from dragoman.dialects.onlyoffice_crm.wire.opportunities import render_opportunity, render_stage
from dragoman.dialects.onlyoffice_crm.wire.paging import PAGING
from dragoman.dialects.onlyoffice_crm.wire.people import Persons, render_profile
from dragoman.dialects.onlyoffice_crm.wire.tasks import render_category, render_task
from dragoman.usecases.identity import logins

TASK_READ = any_of("task.read")
TASK_WRITE = any_of("task.write")
CATEGORY_READ = any_of("category.read")
CATEGORY_WRITE = any_of("category.write")
CONTACT_READ = any_of("contact.read")
CONTACT_WRITE = any_of("contact.write")
CASE_READ = any_of("case.read")
CASE_WRITE = any_of("case.write")
USER_READ = any_of("user.read")

OF_A_LOGIN = any_of(
    "task.read",
    "task.write",
    "category.read",
    "category.write",
    "contact.read",
    "contact.write",
    "case.read",
    "case.write",
    "user.read",
)
"""What the token of a login may do: all that this API can, as at the vendor."""


CONTENT = (
    "title",
    "description",
    "deadline",
    "responsibleId",
    "categoryId",
    "contactId",
    "entityType",
    "entityId",
    "isNotify",
    "alertValue",
)
"""The parameters of a task's content."""

PEOPLE = ("employeeStatus", "groupId", "activationStatus", "employeeType", "isAdministrator")
"""The parameters of lists of users."""
DEAL = (
    *("contactid", "members", "title", "description", "responsibleid", "bidType", "bidValue", "bidCurrencyAbbr"),
    *("perPeriodValue", "stageid", "successProbability", "actualCloseDate", "expectedCloseDate", "isPrivate"),
)
"""The parameters of an opportunity."""

UNKNOWN = {OTHERS: "onlyoffice-crm.md, 3"}


def operations(options: Options) -> tuple[OperationSpec, ...]:
    """All that is offered, with these switches."""
    groups = (
        *(_tasks, _categories, template_operations.operations, _surroundings, _contacts, _opportunities, _cases),
        *(history_operations.operations, label_operations.operations, _batch),
    )
    return tuple(_with_common_names(operation) for group in groups for operation in group(options))


def _with_common_names(row: OperationSpec) -> OperationSpec:
    """Query and body are one list of parameters, whose names are compared in lower case."""
    names = tuple(name.lower() for name in (*row.parameters, *PAGING))
    return replace(row, parameters=names, members=names, ignored_parameters=UNKNOWN, ignored_members=UNKNOWN)


def _tasks(options: Options) -> tuple[OperationSpec, ...]:
    one = answers.one(options, 200, render_task)
    return (
        OperationSpec(
            name="task.create",
            method="POST",
            path="/crm/task",
            scopes=TASK_WRITE,
            parse=partial(tasks.parse_create, options),
            run=tasks.create,
            render=answers.one(options, 201, render_task),
            writes=True,
            parameters=CONTENT,
            summary="Create a task.",
            standing="1 [D][C]",
        ),
        OperationSpec(
            name="task.get",
            method="GET",
            path="/crm/task/{taskid}",
            scopes=TASK_READ,
            parse=partial(tasks.parse_one, options, Lock.NONE),
            run=tasks.get,
            render=one,
            summary="Read a task.",
            standing="2 [D][C]",
        ),
        OperationSpec(
            name="task.update",
            method="PUT",
            path="/crm/task/{taskid}",
            scopes=TASK_WRITE,
            parse=partial(tasks.parse_put, options),
            run=tasks.put,
            render=one,
            writes=True,
            parameters=CONTENT,
            summary="Replace all of a task that this API shows; what isn't sent is cleared.",
            standing="3 [S][C]",
        ),
        OperationSpec(
            name="task.delete",
            method="DELETE",
            path="/crm/task/{taskid}",
            scopes=TASK_WRITE,
            parse=partial(tasks.parse_delete, options),
            run=tasks.delete,
            render=one,
            writes=True,
            summary="Delete a task; the reply is the task as it was.",
            standing="4 [D][C]",
        ),
        OperationSpec(
            name="task.close",
            method="PUT",
            path="/crm/task/{taskid}/close",
            scopes=TASK_WRITE,
            parse=partial(tasks.parse_one, options, Lock.CHANGE),
            run=tasks.close,
            render=one,
            writes=True,
            summary="Close a task; a closed one stays as it is.",
            standing="5 [D][C]",
        ),
        OperationSpec(
            name="task.reopen",
            method="PUT",
            path="/crm/task/{taskid}/reopen",
            scopes=TASK_WRITE,
            parse=partial(tasks.parse_one, options, Lock.CHANGE),
            run=tasks.reopen,
            render=one,
            writes=True,
            summary="Open a closed task again; an open one stays as it is.",
            standing="6 [D][C]",
        ),
        OperationSpec(
            name="task.filter",
            method="GET",
            path="/crm/task/filter",
            scopes=TASK_READ,
            parse=partial(task_list.parse, options),
            run=task_list.run,
            render=partial(task_list.render, options),
            parameters=(
                "responsibleid",
                "categoryid",
                "isClosed",
                "fromDate",
                "toDate",
                "entityType",
                "entityid",
                "updatedSince",
            ),
            summary="List tasks by filter, sorted and page by page.",
            standing="7 [D][C]",
        ),
        OperationSpec(
            name="task.create_group",
            method="POST",
            path="/crm/contact/task/group",
            scopes=TASK_WRITE,
            parse=partial(task_group.parse, options),
            run=task_group.run,
            render=answers.array(options, 201, partial(render_task, in_list=True)),
            writes=True,
            parameters=CONTENT,
            summary="Create the same task for several contacts, all or none.",
            standing="8 [C]",
        ),
        OperationSpec(
            name="task.near",
            method="POST",
            path="/crm/contact/task/near",
            scopes=TASK_READ,
            parse=partial(task_near.parse, options),
            run=task_near.run,
            render=partial(task_near.render, options),
            parameters=("contactid",),
            summary="Read the open task with the nearest deadline for each contact of a list.",
            standing="11 [C]",
        ),
        OperationSpec(
            name="task.set_created",
            method="PUT",
            path="/crm/task/{taskid}/creationdate",
            scopes=TASK_WRITE,
            parse=task_moments.parse_creation_date,
            run=task_moments.set_moment,
            render=answers.nothing(options),
            writes=True,
            parameters=("creationDate",),
            summary="Set the creation date of a task, for imports.",
            standing="9 [C]",
        ),
        OperationSpec(
            name="task.set_modified",
            method="PUT",
            path="/crm/task/{taskid}/lastmodifeddate",
            scopes=TASK_WRITE,
            parse=task_moments.parse_modification_date,
            run=task_moments.set_moment,
            render=answers.nothing(options),
            writes=True,
            parameters=("lastModifedDate",),
            summary="Set the modification date of a task, for imports.",
            standing="10 [C]",
        ),
    )


def _categories(options: Options) -> tuple[OperationSpec, ...]:
    return (
        OperationSpec(
            name="category.list",
            method="GET",
            path="/crm/task/category",
            scopes=CATEGORY_READ,
            parse=partial(categories.parse_list, options),
            run=categories.list_all,
            render=answers.array(options, 200, render_category),
            summary="List the task categories.",
            standing="12 [D][C]",
        ),
        OperationSpec(
            name="category.get",
            method="GET",
            path="/crm/task/category/{categoryid}",
            scopes=CATEGORY_READ,
            parse=partial(categories.parse_one, options),
            run=categories.get,
            render=answers.one(options, 200, render_category),
            summary="Read a task category.",
            standing="13 [D][C]",
        ),
        OperationSpec(
            name="category.create",
            method="POST",
            path="/crm/task/category",
            scopes=CATEGORY_WRITE,
            parse=categories.parse_create,
            run=categories.create,
            render=answers.one(options, 201, render_category),
            writes=True,
            parameters=("title", "description", "imageName", "sortOrder"),
            summary="Create a task category.",
            standing="14 [D][C]",
        ),
        OperationSpec(
            name="category.update",
            method="PUT",
            path="/crm/task/category/{id}",
            scopes=CATEGORY_WRITE,
            parse=partial(categories.parse_update, options),
            run=categories.update,
            render=answers.one(options, 200, render_category),
            writes=True,
            parameters=("title", "description", "imageName"),
            summary="Change a task category that has no tasks.",
            standing="15 [D][C]",
        ),
        OperationSpec(
            name="category.set_icon",
            method="PUT",
            path="/crm/task/category/{id}/icon",
            scopes=CATEGORY_WRITE,
            parse=partial(categories.parse_update, options),
            run=categories.set_icon,
            render=answers.one(options, 200, render_category),
            writes=True,
            parameters=("imageName",),
            summary="Change the icon of a task category.",
            standing="16 [D][C]",
        ),
        OperationSpec(
            name="category.reorder",
            method="PUT",
            path="/crm/task/category/reorder",
            scopes=CATEGORY_WRITE,
            parse=categories.parse_reorder,
            run=categories.reorder,
            render=answers.array(options, 200, render_category),
            writes=True,
            parameters=("titles",),
            summary="Reorder the task categories of these titles.",
            standing="17 [D][C]",
        ),
        OperationSpec(
            name="category.delete",
            method="DELETE",
            path="/crm/task/category/{categoryid}",
            scopes=CATEGORY_WRITE,
            parse=partial(categories.parse_delete, options),
            run=categories.delete,
            render=answers.one(options, 200, render_category),
            writes=True,
            parameters=("newcategoryid",),
            summary="Delete a task category; its tasks move to another.",
            standing="18 [D][C]",
        ),
    )


def _surroundings(options: Options) -> tuple[OperationSpec, ...]:
    return (
        OperationSpec(
            name=LOGIN,
            method="POST",
            path="/authentication",
            scopes=any_of("login"),
            parse=partial(authentication.parse, OF_A_LOGIN),
            run=logins.log_in,
            render=partial(authentication.render, options),
            writes=True,
            credentials=authentication.credential,
            parameters=("userName", "password", "provider"),
            summary="Log in with a user name and a password; the reply holds a token.",
            standing="29 [D][C]",
        ),
        OperationSpec(
            name="people.self",
            method="GET",
            path="/people/@self",
            scopes=USER_READ,
            parse=people.parse_self,
            run=people.own,
            render=answers.one(options, 200, render_profile),
            summary="Read the caller's own profile.",
            standing="30 [D][C]",
        ),
        OperationSpec(
            name="people.list",
            method="GET",
            path="/people",
            scopes=USER_READ,
            parse=people.parse_list,
            run=people.everybody,
            render=answers.array(options, 200, render_profile),
            summary="List the active users.",
            standing="31 [D][C]",
        ),
        OperationSpec(
            name="people.filter",
            method="GET",
            path="/people/filter",
            scopes=USER_READ,
            parse=people.parse_filter,
            run=people.filtered,
            render=partial(people.render_filter, options, render_profile),
            parameters=PEOPLE,
            summary="List users by filter, page by page.",
            standing="31 [C]",
        ),
        OperationSpec(
            name="people.simple_filter",
            method="GET",
            path="/people/simple/filter",
            scopes=USER_READ,
            parse=people.parse_filter,
            run=people.filtered,
            render=partial(people.render_filter, options, people.render_simple),
            parameters=PEOPLE,
            summary="List users by filter, in short.",
            standing="31 [C]",
        ),
        OperationSpec(
            name="people.get",
            method="GET",
            path="/people/{user}",
            scopes=USER_READ,
            parse=people.parse_one,
            run=people.one,
            render=answers.one(options, 200, render_profile),
            summary="Read the profile of a user by id or user name.",
            standing="31 [D][C]",
        ),
        OperationSpec(
            name="portal.capabilities",
            method="GET",
            path="/capabilities",
            scopes=PUBLIC,
            parse=surroundings.parse,
            run=surroundings.capabilities,
            render=answers.one(options, 200, _as_it_is),
            summary="Read how users may log in.",
            standing="32 [D][C]",
        ),
        OperationSpec(
            name="portal.version",
            method="GET",
            path="/settings/version/build",
            scopes=PUBLIC,
            parse=surroundings.parse,
            run=surroundings.build,
            render=answers.one(options, 200, _as_it_is),
            summary="Read the version whose API this is.",
            standing="33 [C]",
        ),
        OperationSpec(
            name="portal.settings",
            method="GET",
            path="/settings",
            scopes=USER_READ,
            parse=surroundings.parse,
            run=surroundings.settings,
            render=answers.one(options, 200, _as_it_is),
            summary="Read the portal's time zone and culture.",
            standing="34 [C]",
        ),
    )


def _batch(options: Options) -> tuple[OperationSpec, ...]:
    # Both write: what they send may, so that another site must not make a browser send either.
    return tuple(
        OperationSpec(
            name=name,
            method=method,
            path="/batch",
            scopes=ANY_CREDENTIALS,
            parse=batch.parse,
            run=batch.run,
            render=partial(batch.render, options, status),
            writes=True,
            sends_inner_calls=True,
            parameters=("batch",),
            summary="Make several calls one after the other; one that fails stops no other.",
            standing="39 [D][C]",
        )
        for name, method, status in (("batch.run", "POST", 201), ("batch.read", "GET", 200))
    )


def _contacts(options: Options) -> tuple[OperationSpec, ...]:
    return (
        OperationSpec(
            name="contact.create_person",
            method="POST",
            path="/crm/contact/person",
            scopes=CONTACT_WRITE,
            parse=contacts.parse_person,
            run=contacts.add_person,
            render=answers.one(options, 201, render_whole_contact),
            writes=True,
            parameters=("firstName", "lastName", "jobTitle", "companyId", "about", "shareType", "managerList"),
            summary="Create a person.",
            standing="35 [D][C]",
        ),
        OperationSpec(
            name="contact.create_company",
            method="POST",
            path="/crm/contact/company",
            scopes=CONTACT_WRITE,
            parse=contacts.parse_company,
            run=contacts.add_company,
            render=answers.one(options, 201, render_whole_contact),
            writes=True,
            parameters=("companyName", "about", "personList", "shareType", "managerList"),
            summary="Create a company.",
            standing="35 [D][C]",
        ),
        OperationSpec(
            name="contact.get",
            method="GET",
            path="/crm/contact/{contactid}",
            scopes=CONTACT_READ,
            parse=contact_list.parse_one,
            run=contact_list.get,
            render=answers.one(options, 200, render_whole_contact),
            summary="Read a contact.",
            standing="36 [D][C]",
        ),
        OperationSpec(
            name="contact.delete",
            method="DELETE",
            path="/crm/contact/{contactid}",
            scopes=CONTACT_WRITE,
            parse=contact_list.parse_one,
            run=contact_list.delete,
            render=answers.one(options, 200, render_whole_contact),
            writes=True,
            summary="Delete a contact with its tasks.",
            standing="36 [D][C]",
        ),
        OperationSpec(
            name="contact.filter",
            method="GET",
            path="/crm/contact/filter",
            scopes=CONTACT_READ,
            parse=contact_list.parse_filter,
            run=contact_list.run_filter,
            render=partial(contact_list.render_filter, options),
            parameters=("contactListView", *contact_list.NARROWING),
            summary="List contacts by filter, page by page.",
            standing="36 [D][C]",
        ),
    )


def _opportunities(options: Options) -> tuple[OperationSpec, ...]:
    return (
        OperationSpec(
            name="opportunity.stages",
            method="GET",
            path="/crm/opportunity/stage",
            scopes=CASE_READ,
            parse=opportunities.parse_stages,
            run=opportunities.stages,
            render=answers.array(options, 200, render_stage),
            summary="List the stages of opportunities.",
            standing="37 [D][C]",
        ),
        OperationSpec(
            name="opportunity.create",
            method="POST",
            path="/crm/opportunity",
            scopes=CASE_WRITE,
            parse=opportunities.parse_create,
            run=opportunities.create,
            render=answers.one(options, 201, render_opportunity),
            writes=True,
            parameters=DEAL,
            summary="Create an opportunity.",
            standing="37 [D][C]",
        ),
        OperationSpec(
            name="opportunity.filter",
            method="GET",
            path="/crm/opportunity/filter",
            scopes=CASE_READ,
            parse=opportunity_list.parse_opportunities,
            run=opportunity_list.run,
            render=partial(opportunity_list.render, options),
            parameters=(
                *("responsibleid", "opportunityStagesid", "stageType", "contactid", "contactAlsoIsParticipant"),
                *("tags", "fromDate", "toDate"),
            ),
            summary="List opportunities by filter, sorted and page by page.",
            standing="37 [C]",
        ),
        OperationSpec(
            name="opportunity.update",
            method="PUT",
            path="/crm/opportunity/{id}",
            scopes=CASE_WRITE,
            parse=opportunities.parse_put,
            run=opportunities.put,
            render=answers.one(options, 200, render_opportunity),
            writes=True,
            parameters=DEAL,
            summary="Replace all of an opportunity that this API shows; what isn't sent is cleared, but members stay.",
            standing="37 [C]",
        ),
        OperationSpec(
            name="opportunity.members",
            method="GET",
            path="/crm/opportunity/{id}/contact",
            scopes=CASE_READ,
            parse=opportunity_members.parse_list,
            run=opportunity_members.list_all,
            render=answers.array(options, 200, render_whole_contact),
            summary="List the contacts that take part in an opportunity.",
            standing="37 [C]",
        ),
        OperationSpec(
            name="opportunity.add_member",
            method="POST",
            path="/crm/opportunity/{id}/contact/{contactid}",
            scopes=CASE_WRITE,
            parse=opportunity_members.parse_one,
            run=opportunity_members.add,
            render=answers.one(options, 201, render_whole_contact),
            writes=True,
            summary="Let a contact take part in an opportunity.",
            standing="37 [C]",
        ),
        OperationSpec(
            name="opportunity.remove_member",
            method="DELETE",
            path="/crm/opportunity/{id}/contact/{contactid}",
            scopes=CASE_WRITE,
            parse=opportunity_members.parse_one,
            run=opportunity_members.remove,
            render=answers.one(options, 200, render_whole_contact),
            writes=True,
            summary="Let a contact take part in an opportunity no more.",
            standing="37 [C]",
        ),
        OperationSpec(
            name="opportunity.get",
            method="GET",
            path="/crm/opportunity/{id}",
            scopes=CASE_READ,
            parse=cases.parse_get,
            run=opportunities.get,
            render=answers.one(options, 200, render_opportunity),
            summary="Read an opportunity.",
            standing="37 [D][C]",
        ),
        OperationSpec(
            name="opportunity.delete",
            method="DELETE",
            path="/crm/opportunity/{id}",
            scopes=CASE_WRITE,
            parse=cases.parse_delete,
            run=opportunities.delete,
            render=answers.one(options, 200, render_opportunity),
            writes=True,
            summary="Delete an opportunity with its tasks.",
            standing="37 [D][C]",
        ),
    )


def _cases(options: Options) -> tuple[OperationSpec, ...]:
    return (
        OperationSpec(
            name="case.create",
            method="POST",
            path="/crm/case",
            scopes=CASE_WRITE,
            parse=cases.parse_create,
            run=cases.create,
            render=answers.one(options, 201, render_case),
            writes=True,
            parameters=("title", "isPrivate"),
            summary="Create a case.",
            standing="38 [D][C]",
        ),
        OperationSpec(
            name="case.filter",
            method="GET",
            path="/crm/case/filter",
            scopes=CASE_READ,
            parse=opportunity_list.parse_cases,
            run=opportunity_list.run,
            render=partial(opportunity_list.render, options),
            parameters=("contactid", "isClosed", "tags"),
            summary="List cases by filter, sorted and page by page.",
            standing="38 [C]",
        ),
        OperationSpec(
            name="case.update",
            method="PUT",
            path="/crm/case/{id}",
            scopes=CASE_WRITE,
            parse=cases.parse_put,
            run=cases.put,
            render=answers.one(options, 200, render_case),
            writes=True,
            parameters=("title", "isPrivate"),
            summary="Change the title of a case.",
            standing="38 [C]",
        ),
        OperationSpec(
            name="case.close",
            method="PUT",
            path="/crm/case/{id}/close",
            scopes=CASE_WRITE,
            parse=cases.parse_end,
            run=cases.close,
            render=answers.one(options, 200, render_case),
            writes=True,
            summary="Close a case; a closed one stays as it is.",
            standing="38 [C]",
        ),
        OperationSpec(
            name="case.reopen",
            method="PUT",
            path="/crm/case/{id}/reopen",
            scopes=CASE_WRITE,
            parse=cases.parse_end,
            run=cases.reopen,
            render=answers.one(options, 200, render_case),
            writes=True,
            summary="Open a closed case again; an open one stays as it is.",
            standing="38 [C]",
        ),
        OperationSpec(
            name="case.get",
            method="GET",
            path="/crm/case/{id}",
            scopes=CASE_READ,
            parse=cases.parse_get,
            run=cases.get,
            render=answers.one(options, 200, render_case),
            summary="Read a case.",
            standing="38 [D][C]",
        ),
        OperationSpec(
            name="case.delete",
            method="DELETE",
            path="/crm/case/{id}",
            scopes=CASE_WRITE,
            parse=cases.parse_delete,
            run=cases.delete,
            render=answers.one(options, 200, render_case),
            writes=True,
            summary="Delete a case with its tasks.",
            standing="38 [D][C]",
        ),
    )


def _as_it_is(value: dict[str, object], _: Persons) -> dict[str, object]:
    return value


PEOPLE_LISTS = "Users are found by people/filter, with employeeStatus and filterValue."
OTHER_LISTS = {
    "status": "/people/status/{status}",
    "email": "/people/email",
    "search": "/people/search",
    "search_words": "/people/@search/{words}",
}
"""Other lists of users, whose paths are no users."""

NOT_OFFERED = (
    *(NotOffered("GET", path, PEOPLE_LISTS, f"people.{name}") for name, path in OTHER_LISTS.items()),
    NotOffered("POST", "/authentication/{code}", "There is no second factor to confirm.", "authentication.confirm"),
    *label_operations.NOT_OFFERED,
)
