"""The table of operations: one row each, in the order of the reading page."""

from collections.abc import Callable
from functools import partial
from typing import Any

from dragoman.dialects.kit import PUBLIC, OperationSpec, any_of
from dragoman.dialects.native import responses as replies
from dragoman.dialects.native.alias_operations import ALIASES
from dragoman.dialects.native.batch_operations import BATCHES
from dragoman.dialects.native.contracts import operation, requiring_if_match
from dragoman.dialects.native.event_operations import EVENTS
from dragoman.dialects.native.group_operations import GROUPS
from dragoman.dialects.native.handlers import (
    cases,
    categories,
    contacts,
    documents,
    histories,
    journeys,
    openapi,
    schemas,
    task_extensions,
    task_lists,
    tasks,
    verbs,
)
from dragoman.dialects.native.identity_operations import IDENTITIES
from dragoman.dialects.native.password_operations import PASSWORDS
from dragoman.dialects.native.result_operations import RESULTS
from dragoman.dialects.native.session_operations import SESSIONS
from dragoman.dialects.native.template_set_operations import TEMPLATE_SETS
from dragoman.dialects.native.tenant_operations import TENANT
from dragoman.dialects.native.token_operations import TOKENS
from dragoman.dialects.native.user_operations import USERS
from dragoman.dialects.native.webhook_operations import WEBHOOKS
from dragoman.dialects.native.wire import cases as case_bodies
from dragoman.dialects.native.wire import categories as category_bodies
from dragoman.dialects.native.wire import contacts as contact_bodies
from dragoman.dialects.native.wire import histories as history_bodies
from dragoman.dialects.native.wire import journeys as journey_bodies
from dragoman.dialects.native.wire import queries
from dragoman.dialects.native.wire import requests as reading
from dragoman.dialects.native.wire import schemas as schema_bodies
from dragoman.dialects.native.wire import tasks as task_bodies
from dragoman.dialects.native.wire.scalars import AnyJson
from dragoman.domain.task import Verb
from dragoman.usecases import categories as category_uses
from dragoman.usecases import extension_schemas as schema_uses
from dragoman.usecases.batches.review import words
from dragoman.usecases.cases import edits as case_edits
from dragoman.usecases.contacts import edits as contact_edits
from dragoman.usecases.contacts import journeys as journey_uses
from dragoman.usecases.events import history as history_uses
from dragoman.usecases.tasks import edits as task_edits
from dragoman.usecases.tasks import extensions as extension_uses
from dragoman.usecases.tasks import lists as list_uses
from dragoman.usecases.tasks import putting_back, restoring
from dragoman.usecases.tasks import verbs as task_verbs

_get = partial(operation, method="GET")
_post = partial(operation, method="POST", writes=True, query=queries.Trial, status=201, render=replies.made)
_patch = partial(
    operation,
    method="PATCH",
    writes=True,
    query=queries.Trial,
    body_media=reading.MERGE_PATCH,
    render=replies.one,
)
_put = partial(operation, method="PUT", writes=True, query=queries.Trial)
_delete = partial(operation, method="DELETE", writes=True, query=queries.Trial, status=204, render=replies.gone)

VERBS: dict[Verb, str] = {
    Verb.START: "Make an inactive task ready.",
    Verb.CLAIM: "Claim a ready task. Of two users who try at once, one gets it.",
    Verb.RELEASE: "Release a claimed task.",
    Verb.ASSIGN: "Assign a task to a user, or to no user.",
    Verb.SUSPEND: "Suspend a task, indefinitely or until a moment.",
    Verb.RESUME: "Resume a suspended task.",
    Verb.FINISH: "End a task as done; its open parts are terminated. On the task of a batch under review the code "
    "`approved` or `cancelled` decides the batch.",
    Verb.FAIL: "End a task as failed.",
    Verb.TERMINATE: "Stop a task before it is done; its open parts, too.",
    Verb.EXPIRE: "End a task because its time is over; for its administrators.",
    Verb.REOPEN: "Reopen an ended task.",
    Verb.AMEND_OUTCOME: "Replace the outcome of an ended task.",
}


def _verb(verb: Verb, summary: str, word: str | None = None) -> OperationSpec:
    return operation(
        method="POST",
        writes=True,
        name=f"{word or verb}_task",
        path=f"/tasks/{{id}}/{word or verb}",
        summary=summary,
        scopes=any_of("task.write"),
        parse=verbs.parsing(verb),
        run=words.finish if verb is Verb.FINISH and word is None else task_verbs.perform,
        render=replies.one,
        query=queries.Trial,
        body=verbs.BODIES[verb],
        body_may_be_empty=verb is not Verb.ASSIGN,
        answer=task_bodies.Task,
        is_conditional=True,
    )


def _history(noun: str, path: str) -> OperationSpec:
    return _get(
        name=f"read_{noun}_history",
        path=path,
        summary=f"Every change of a {noun}, oldest first; also when it was deleted.",
        scopes=any_of(f"{noun}.read"),
        parse=histories.parsing(noun),
        run=history_uses.history_page,
        render=histories.render,
        query=queries.Pages,
        answer=history_bodies.EntryList,
    )


TASKS = (
    _get(
        name="list_tasks",
        path="/tasks",
        summary="Tasks by conditions, sorted, page by page.",
        scopes=any_of("task.read"),
        parse=task_lists.parse,
        run=list_uses.list_page,
        render=task_lists.render,
        query=queries.TaskQuery,
        answer=task_bodies.TaskList,
        line=task_bodies.Task,
    ),
    _post(
        name="create_task",
        path="/tasks",
        summary="Create a task.",
        scopes=any_of("task.write"),
        parse=tasks.parse_create,
        run=task_edits.create,
        body=task_bodies.NewTask,
        answer=task_bodies.Task,
    ),
    _get(
        name="read_task",
        path="/tasks/{id}",
        summary="One task.",
        scopes=any_of("task.read"),
        parse=tasks.parse_get,
        run=task_verbs.get,
        render=replies.one,
        answer=task_bodies.Task,
    ),
    _patch(
        name="patch_task",
        path="/tasks/{id}",
        summary="Change the named members of a task.",
        scopes=any_of("task.write"),
        parse=tasks.parse_patch,
        run=task_edits.change,
        body=task_bodies.TaskPatch,
        answer=task_bodies.Task,
        is_conditional=True,
    ),
    _delete(
        name="delete_task",
        path="/tasks/{id}",
        summary="Delete a task. Its history stays.",
        scopes=any_of("task.write"),
        parse=tasks.parse_delete,
        run=task_edits.remove,
        is_conditional=True,
    ),
    operation(
        method="POST",
        writes=True,
        name="restore_task",
        path="/tasks/{id}/restore",
        summary="Bring a deleted task back, with its id, number and history.",
        scopes=any_of("task.write"),
        parse=tasks.parse_restore,
        run=restoring.restore_deleted,
        render=replies.one,
        query=queries.Trial,
        body=task_bodies.Nothing,
        body_may_be_empty=True,
        answer=task_bodies.Task,
    ),
    *(_verb(verb, summary) for verb, summary in VERBS.items()),
    _verb(Verb.FINISH, "The same as finish, but for tasks of batches.", "complete"),
    _get(
        name="read_task_extension",
        path="/tasks/{id}/extensions/{name}",
        summary="The value of an extension, byte by byte as it is stored.",
        scopes=any_of("task.read"),
        parse=task_extensions.parse_get,
        run=extension_uses.get,
        render=task_extensions.render,
        answer=AnyJson,
    ),
    _put(
        name="put_task_extension",
        path="/tasks/{id}/extensions/{name}",
        summary="Store a value in place of the present one.",
        scopes=any_of("task.write"),
        parse=task_extensions.parse_put,
        run=extension_uses.put,
        render=task_extensions.render,
        body=AnyJson,
        answer=AnyJson,
        is_conditional=True,
    ),
    _delete(
        name="delete_task_extension",
        path="/tasks/{id}/extensions/{name}",
        summary="Delete an extension.",
        scopes=any_of("task.write"),
        parse=task_extensions.parse_delete,
        run=extension_uses.remove,
        render=task_extensions.render_gone,
        is_conditional=True,
    ),
    _history("task", "/tasks/{key}/history"),
    operation(
        method="POST",
        writes=True,
        name="undo_task_change",
        path="/tasks/{key}/history/{revision}/undo",
        summary="Take a change of a task back: its fields get their old values, as a new change.",
        scopes=any_of("task.write"),
        parse=tasks.parse_undo,
        run=putting_back.put_back,
        render=replies.one,
        query=queries.Trial,
        body=task_bodies.Nothing,
        body_may_be_empty=True,
        answer=task_bodies.Task,
        is_conditional=True,
    ),
)

CASES = (
    _get(
        name="list_cases",
        path="/cases",
        summary="Cases by number, page by page.",
        scopes=any_of("case.read"),
        parse=cases.parse_list,
        run=case_edits.list_page,
        render=cases.render_list,
        query=queries.CaseQuery,
        answer=case_bodies.CaseList,
    ),
    _post(
        name="create_case",
        path="/cases",
        summary="Create a case.",
        scopes=any_of("case.write"),
        parse=cases.parse_create,
        run=case_edits.create,
        body=case_bodies.NewCase,
        answer=case_bodies.Case,
    ),
    _get(
        name="read_case",
        path="/cases/{id}",
        summary="One case.",
        scopes=any_of("case.read"),
        parse=cases.parse_get,
        run=case_edits.get,
        render=replies.one,
        answer=case_bodies.Case,
    ),
    _patch(
        name="patch_case",
        path="/cases/{id}",
        summary="Change the named members of a case.",
        scopes=any_of("case.write"),
        parse=cases.parse_patch,
        run=case_edits.change,
        body=case_bodies.CasePatch,
        answer=case_bodies.Case,
        is_conditional=True,
    ),
    _delete(
        name="delete_case",
        path="/cases/{id}",
        summary="Delete a case and its stages. Its history stays.",
        scopes=any_of("case.write"),
        parse=cases.parse_delete,
        run=case_edits.remove,
        query=queries.HolderRemoval,
        is_conditional=True,
    ),
    _get(
        name="list_stages",
        path="/cases/{id}/stages",
        summary="The stages of a case.",
        scopes=any_of("case.read"),
        parse=cases.parse_stages,
        run=case_edits.stages,
        render=cases.render_stages,
        answer=case_bodies.StageList,
    ),
    _history("case", "/cases/{key}/history"),
)

CONTACTS = (
    _get(
        name="list_contacts",
        path="/contacts",
        summary="Contacts by number, page by page.",
        scopes=any_of("contact.read"),
        parse=contacts.parse_list,
        run=contact_edits.list_page,
        render=contacts.render_list,
        query=queries.Pages,
        answer=contact_bodies.ContactList,
    ),
    _post(
        name="create_contact",
        path="/contacts",
        summary="Create a contact.",
        scopes=any_of("contact.write"),
        parse=contacts.parse_create,
        run=contact_edits.create,
        body=contact_bodies.NewContact,
        answer=contact_bodies.Contact,
    ),
    _get(
        name="read_contact",
        path="/contacts/{id}",
        summary="One contact.",
        scopes=any_of("contact.read"),
        parse=contacts.parse_get,
        run=contact_edits.get,
        render=replies.one,
        answer=contact_bodies.Contact,
    ),
    _patch(
        name="patch_contact",
        path="/contacts/{id}",
        summary="Change the named members of a contact.",
        scopes=any_of("contact.write"),
        parse=contacts.parse_patch,
        run=contact_edits.change,
        body=contact_bodies.ContactPatch,
        answer=contact_bodies.Contact,
        is_conditional=True,
    ),
    _delete(
        name="delete_contact",
        path="/contacts/{id}",
        summary="Delete a contact. Its history stays.",
        scopes=any_of("contact.write"),
        parse=contacts.parse_delete,
        run=contact_edits.remove,
        query=queries.HolderRemoval,
        is_conditional=True,
    ),
    _history("contact", "/contacts/{key}/history"),
    _get(
        name="read_contact_journey",
        path="/contacts/{id}/journey",
        summary="The cases, stages and tasks of a contact over all dialects, and what changed in them, newest first.",
        scopes=any_of("contact.read"),
        parse=journeys.parse,
        run=journey_uses.journey,
        render=journeys.render,
        query=journey_bodies.JourneyQuery,
        answer=journey_bodies.JourneyPage,
    ),
)

CATEGORIES = (
    _get(
        name="list_categories",
        path="/categories",
        summary="Every category, in order.",
        scopes=any_of("category.read", "task.read"),
        parse=categories.parse_list,
        run=category_uses.list_all,
        render=categories.render_list,
        answer=category_bodies.CategoryList,
    ),
    _post(
        name="create_category",
        path="/categories",
        summary="Create a category; for administrators.",
        scopes=any_of("category.write"),
        parse=categories.parse_create,
        run=category_uses.create,
        body=category_bodies.NewCategory,
        answer=category_bodies.Category,
    ),
    _get(
        name="read_category",
        path="/categories/{number}",
        summary="One category, by its number.",
        scopes=any_of("category.read", "task.read"),
        parse=categories.parse_get,
        run=category_uses.get,
        render=replies.one,
        answer=category_bodies.Category,
    ),
    _patch(
        name="patch_category",
        path="/categories/{number}",
        summary="Change the named members of a category; for administrators.",
        scopes=any_of("category.write"),
        parse=categories.parse_patch,
        run=category_uses.change,
        body=category_bodies.CategoryPatch,
        answer=category_bodies.Category,
    ),
    _delete(
        name="delete_category",
        path="/categories/{number}",
        summary="Delete a category; for administrators. Its tasks move to another.",
        scopes=any_of("category.write"),
        parse=categories.parse_delete,
        run=category_uses.remove,
        query=queries.CategoryRemoval,
    ),
)

SCHEMAS = (
    _get(
        name="list_schemas",
        path="/schemas/{kind}",
        summary="The schemas of extensions of tasks, cases, stages or contacts.",
        scopes=any_of("schema.read"),
        parse=schemas.parse_list,
        run=schema_uses.list_all,
        render=schemas.render_list,
        answer=schema_bodies.SchemaList,
    ),
    _post(
        name="create_schema",
        path="/schemas/{kind}",
        summary="Declare a schema; it is enforced from then on. For administrators.",
        scopes=any_of("schema.write"),
        parse=schemas.parse_create,
        run=schemas.create,
        render=schemas.render_made,
        body=schema_bodies.Schema,
        answer=schema_bodies.Schema,
    ),
    _get(
        name="read_schema",
        path="/schemas/{kind}/{name}",
        summary="One schema, by name without regard to case.",
        scopes=any_of("schema.read"),
        parse=schemas.parse_get,
        run=schema_uses.get,
        render=schemas.render,
        answer=schema_bodies.Schema,
    ),
    _delete(
        name="delete_schema",
        path="/schemas/{kind}/{name}",
        summary="Delete a schema and every value under its name. For administrators.",
        scopes=any_of("schema.write"),
        parse=schemas.parse_delete,
        run=schemas.delete,
    ),
)


def _document(path: str, name: str, summary: str, render: Callable[[Any, Any], Any]) -> OperationSpec:
    return _get(
        name=name,
        path=path,
        summary=summary,
        scopes=PUBLIC,
        parse=documents.parse,
        run=documents.look,
        render=render,
    )


ROWS: tuple[OperationSpec, ...] = (
    *TASKS,
    *CASES,
    *CONTACTS,
    *EVENTS,
    *BATCHES,
    *RESULTS,
    *CATEGORIES,
    *TEMPLATE_SETS,
    *SCHEMAS,
    *USERS,
    *PASSWORDS,
    *ALIASES,
    *TOKENS,
    *IDENTITIES,
    *SESSIONS,
    *GROUPS,
    *TENANT,
    *WEBHOOKS,
)
"""The operations in the OpenAPI document."""

DOCUMENTS = (
    _document("/openapi.json", "read_openapi", "The OpenAPI document of this API.", openapi.showing(ROWS)),
    _document("/docs", "read_docs", "A page that renders the document.", documents.showing("docs.html")),
    _document("/docs/docs.js", "read_docs_script", "The script of that page.", documents.showing("docs.js")),
    _document("/docs/docs.css", "read_docs_style", "The style of that page.", documents.showing("docs.css")),
)


def operations(*, require_if_match: bool = False) -> tuple[OperationSpec, ...]:
    """All of them under the switch `require_if_match`, which a tenant has as well."""
    return tuple(requiring_if_match(row, always=require_if_match) for row in (*ROWS, *DOCUMENTS))
