"""Expressions on tasks as conditions of the core (page 2, B.3): whose work items count, which templates match, which
property rows.

Work items and properties of templates are rows of which there are few kinds: a condition on one becomes the kinds that
hold it. So the store is asked for roles by holder, which it has an index of, and for templates by uid. Escalations are
looked at in memory, as timers leave them, and become the numbers of their tasks. Properties of tasks are rows of the
store.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import TypeVar

import msgspec

from dragoman.dialects.ibm_htm.handlers.escalations import with_escalations
from dragoman.dialects.ibm_htm.handlers.roles import name_of_group
from dragoman.dialects.ibm_htm.handlers.work_items import GROUP
from dragoman.dialects.ibm_htm.options import NAME
from dragoman.dialects.ibm_htm.views import name_of
from dragoman.dialects.ibm_htm.wire.escalations import all_of
from dragoman.dialects.ibm_htm.wire.expressions import literals, task_columns, views
from dragoman.dialects.ibm_htm.wire.expressions.columns import Comparable
from dragoman.dialects.ibm_htm.wire.expressions.evaluation import NOTHING, Row, Rows, apart, choices, passes
from dragoman.dialects.ibm_htm.wire.expressions.other_views import ESCALATION, OF_ESCALATIONS, rows_of_escalation
from dragoman.dialects.ibm_htm.wire.expressions.tree import Every, Op, Some, Term, Tree, Variable, known, terms
from dragoman.dialects.ibm_htm.wire.roles import ITEMS
from dragoman.dialects.ibm_htm.wire.template_rows import rows as template_rows
from dragoman.domain import condition as core
from dragoman.domain.access import Principal, watches_batches
from dragoman.domain.condition import Comparison, Condition, Field, Held, WithoutProperties, WithProperty
from dragoman.domain.errors import TooLarge
from dragoman.domain.people import Group, User
from dragoman.domain.work_item import EVERYBODY, REVIEWERS
from dragoman.usecases.identity import lookup as people
from dragoman.usecases.identity import names
from dragoman.usecases.tasks import templates as task_templates
from dragoman.usecases.tasks.lists import EVERY_WAY, TaskFilter, Through
from dragoman.usecases.uow import UnitOfWork

K = TypeVar("K")
Ask = Callable[[Term], Condition]
Chosen = dict[str, Ask]
"""By row: what a term on it is, once the row is chosen. All rows of an escalation are chosen together."""

ROLES: dict[str, str] = {
    **{f"REASON_{reason}": str(role) for reason, role in ITEMS.items()},
    "REASON_OWNER": "owner",
    "REASON_STARTER": "starter",
    "REASON_ORIGINATOR": "originator",
}
"""Reasons that a work item here may have, and the roles that they are."""
MOST_LISTED = 50_000
"""So many numbers of tasks stand in one statement at most."""


class Item(msgspec.Struct, frozen=True):
    """A kind of work items: a reason, and a holder as work items spell it; None is any."""

    reason: str
    holder: str | None

    @property
    def role(self) -> str:
        return ROLES[self.reason]


class Whose(msgspec.Struct, frozen=True):
    """Whose work items count. `caller` None: those of all people."""

    caller: Principal | None
    through: frozenset[Through] = EVERY_WAY


def variables(uow: UnitOfWork, user: str | None) -> dict[Variable, str]:
    """What variables stand for. `user` is who `$USER` is."""
    return {Variable.USER: name_of(uow, user) or "", Variable.LOCALE: views.LOCALE}


class Conditions:
    """Makes conditions in a unit of work. `user` is who `$USER` is."""

    def __init__(self, uow: UnitOfWork, whose: Whose, user: str | None) -> None:
        self._uow = uow
        self._whose = whose
        self._user = user
        self._beside: Condition = core.ALWAYS
        self._listed = 0

    def of(self, tree: Tree | None) -> Condition | None:
        """The condition of an expression; None for none."""
        if tree is None:
            return None
        found = known(tree, self._variables)
        if isinstance(found, Every) and _speaks_of_escalations(found):
            others = (part for part in found.parts if not _speaks_of_escalations(part))
            self._beside = core.every(self._of(part, {}) for part in others)
        return self._of(found, {})

    @cached_property
    def _variables(self) -> dict[Variable, str]:
        return variables(self._uow, self._user)

    def _of(self, tree: Tree, chosen: Chosen) -> Condition:
        free = _free(tree, chosen)
        if free and (isinstance(tree, Term) or (isinstance(tree, Every) and len(_groups(tree, chosen)) == 1)):
            return self._eliminated(min(free), tree, chosen)
        if isinstance(tree, Term):
            return self._term(tree, chosen)
        if isinstance(tree, Some):
            return core.some(self._of(part, chosen) for part in tree.parts)
        return core.every(
            self._of(group[0] if len(group) == 1 else Every(group), chosen) for group in _groups(tree, chosen)
        )

    def _term(self, term: Term, chosen: Chosen) -> Condition:
        if _row(term) in chosen:
            return chosen[_row(term)](term)
        view, column = term.ref.view.name, term.ref.column.name
        if view in (views.TASK_TEMPL.name, views.TASK_TEMPL_DESC.name):
            return self._of_templates(lambda rows: passes(term, rows[view][0].get(column)), passes(term, None))
        if column in task_columns.PEOPLE:
            return self._person(task_columns.PEOPLE[column], term)
        return task_columns.ASKS[column](term)

    def _person(self, field: str, term: Term) -> Condition:
        """By the users of a name, whom an index finds; only patterns and ranges compare names."""
        if term.op not in (Op.EQ, Op.IN, Op.NE, Op.NOT_IN):
            return task_columns.comparison(Field(f"{field}.name", (NAME,)), term)
        uids = tuple(dict.fromkeys(uid for value in term.values for uid in self._named(str(value))))
        is_asked = term.op in (Op.EQ, Op.IN)
        if not uids:
            return core.NEVER if is_asked else Comparison(Field(field), "not null")
        return Comparison(Field(field), "in" if is_asked else "not in", uids)

    def _named(self, text: str) -> Iterator[str]:
        """The uids that are shown as this text: of users who are called so, and the text itself if no user has it."""
        for uid in names.candidates(self._uow, NAME, text):
            if name_of(self._uow, uid) == text:
                yield uid
        if name_of(self._uow, text) == text:
            yield text

    # Rows of which there are several

    def _eliminated(self, row: str, tree: Tree, chosen: Chosen) -> Condition:
        """The expression for whichever row of this name: each kind of rows, and what the expression is for it."""
        if row.startswith(views.TASK_CPROP.name):
            return self._with_property(row, tree, chosen)
        asked = [term for term in terms(tree) if _row(term) == row]
        if row.startswith(views.WORK_ITEM.name):
            return self._by_kinds(row, tree, chosen, asked, self._items(asked), self._held)
        if row == ESCALATION.name:
            return self._by_kinds(row, tree, chosen, asked, self._escalations(asked), self._with_number)
        return self._by_kinds(row, tree, chosen, asked, self._template_properties(), self._with_templates)

    def _by_kinds(
        self,
        row: str,
        tree: Tree,
        chosen: Chosen,
        asked: list[Term],
        kinds: Iterable[tuple[K, Ask]],
        guard: Callable[[list[K]], Condition],
    ) -> Condition:
        patterns: dict[tuple[Condition, ...], list[K]] = {}
        for kind, ask in kinds:
            patterns.setdefault(tuple(map(ask, asked)), []).append(kind)
        found: dict[Condition, list[K]] = {}
        for answers, these in patterns.items():
            answered = dict(zip(map(_key, asked), answers, strict=True))
            inner = self._of(tree, chosen | {row: partial(self._answer, answered)})
            if inner != core.NEVER:
                found.setdefault(inner, []).extend(these)
        return core.some(core.every((guard(these), inner)) for inner, these in found.items())

    def _answer(self, answered: dict[tuple[object, ...], Condition], term: Term) -> Condition:
        return answered[_key(term)]

    def _with_property(self, row: str, tree: Tree, chosen: Chosen) -> Condition:
        def ask(term: Term) -> Condition:
            return _of_property(row, term)

        def none(term: Term) -> Condition:
            return core.ALWAYS if passes(term, None) else core.NEVER

        inner = self._of(tree, chosen | {row: ask})
        found = [] if inner == core.NEVER else [WithProperty(row, inner)]
        return core.some((*found, core.every((WithoutProperties(), self._of(tree, chosen | {row: none})))))

    # Work items

    def _items(self, asked: list[Term]) -> Iterator[tuple[Item, Ask]]:
        """The kinds of work items that count, and what each answers."""
        columns = {term.ref.column.name for term in asked}
        of_holder = not columns.isdisjoint(("OWNER_ID", "GROUP_NAME", "EVERYBODY", "WIID"))
        for holder in self.holders(of_all=of_holder):
            for reason in ROLES:
                item = Item(reason, holder)
                yield item, partial(self._of_item, item)

    def holders(self, *, of_all: bool = True) -> list[str | None]:
        caller, through = self._whose.caller, self._whose.through
        if caller is None:
            return [*self._everybody] if of_all else [None]
        found: list[str | None] = []
        if "individual" in through and caller.user is not None:
            found.append(caller.user)
        if "group" in through:
            found += [f"{GROUP}{group}" for group in sorted(caller.groups)]
            found += [REVIEWERS] if watches_batches(caller) else []
        return [*found, EVERYBODY] if "everybody" in through else found

    @cached_property
    def _everybody(self) -> list[str]:
        """Every holder that there is."""
        users, groups = people.all_holders(self._uow)
        return [*users, *(f"{GROUP}{uid}" for uid in groups), REVIEWERS, EVERYBODY]

    def _of_item(self, item: Item, term: Term) -> Condition:
        column = term.ref.column.name
        if column == "WIID":
            return self._of_wiid(item, term)
        if column == "OBJECT_ID":
            return _of_object(term)
        if column == "CREATION_TIME":
            return task_columns.of_moment(Field("claimed" if item.role == "owner" else "created"), term)
        return core.ALWAYS if passes(term, self.values(item)[column]) else core.NEVER

    def values(self, item: Item) -> dict[str, Comparable]:
        """What a work item of this kind shows, the same on every task."""
        holder = item.holder or ""
        is_group, is_everybody = holder.startswith(GROUP) or holder == REVIEWERS, holder == EVERYBODY
        return {
            "OWNER_ID": None if is_group or is_everybody else name_of(self._uow, item.holder),
            "GROUP_NAME": name_of_group(self._uow, holder) if is_group else None,
            "EVERYBODY": is_everybody,
            "REASON": views.REASONS[item.reason],
            "OBJECT_TYPE": views.OBJECT_TYPES["OBJECT_TYPE_TASK_INSTANCE"],
        }

    def _of_wiid(self, item: Item, term: Term) -> Condition:
        if term.op in (Op.NULL, Op.NOT_NULL):
            return core.ALWAYS if term.op is Op.NOT_NULL else core.NEVER
        words = [str(value).partition(":")[2].split(".") for value in term.values]
        mine = self._words_of(item)
        numbers = tuple(int(f"{w[0]:0>8}{w[1]:0>8}", 16) for w in words if w[2:] == mine)
        held = tuple(number for number in numbers if number < 2**63)
        is_asked = term.op in (Op.EQ, Op.IN)
        if not held:
            return core.NEVER if is_asked else core.ALWAYS
        return Comparison(Field("number"), "in" if is_asked else "not in", held)

    def wiid(self, item: Item, number: int) -> str:
        """The id of a work item: the number of its task, its reason, and the number of its holder."""
        digits = f"{number:016x}"
        words = [(digits[:8].lstrip("0") or "0"), (digits[8:].lstrip("0") or "0"), *self._words_of(item)]
        return f"_WI:{'.'.join(words)}"

    def _words_of(self, item: Item) -> list[str]:
        """The reason and the holder: users and groups have numbers of their own."""
        holder = item.holder or ""
        found: User | Group | None
        if holder.startswith(GROUP):
            found, kind = people.find_group(self._uow, holder.removeprefix(GROUP)), 2
        else:
            found, kind = (None if holder in (EVERYBODY, REVIEWERS) else people.find(self._uow, holder)), 1
        number = (3 if holder == REVIEWERS else 0) if found is None else found.number * 4 + kind
        return [f"{views.REASONS[item.reason]:x}", f"{number % 2**32:x}"]

    def _held(self, items: Iterable[Item]) -> Condition:
        holders: dict[str, list[str] | None] = {}
        for item in items:
            if item.holder is None:
                holders[item.role] = None
            else:
                known = holders.setdefault(item.role, [])
                if known is not None:
                    known.append(item.holder)
        roles = tuple(
            (role, None if given is None else tuple(sorted(given))) for role, given in sorted(holders.items())
        )
        return Held(roles, self._whose.caller)

    # Escalations

    def _escalations(self, asked: list[Term]) -> Iterator[tuple[int | None, Ask]]:
        """The number of the task of each escalation, and what this answers; of a task without any, rows of nulls."""
        yield None, partial(_of_row, NOTHING)
        wanted = TaskFilter(visible_to=self._whose.caller, visible_through=self._whose.through, where=self._beside)
        for task in with_escalations(self._uow, wanted):
            for seen in all_of(task):
                for rows in choices(asked, rows_of_escalation(seen)):
                    yield task.number, partial(_of_rows, rows)

    def _with_number(self, numbers: list[int | None]) -> Condition:
        """Tasks of these numbers; None: and those without escalations."""
        listed = tuple(sorted({number for number in numbers if number is not None}))
        self._listed += len(listed)
        if self._listed > MOST_LISTED:
            raise TooLarge("page_too_large", "The escalations of too many tasks match in too many ways.")
        found: list[Condition] = [Comparison(Field("number"), "in", listed)] if listed else []
        if None in numbers:
            found.append(Comparison(Field("has_escalations"), "=", (False,)))
        return core.some(found)

    # Templates

    @cached_property
    def _templates(self) -> dict[str, Rows]:
        """The rows of every template, by uid."""
        found = task_templates.list_all(self._uow, task_templates.ListTemplates())
        return {template.uid: template_rows(template) for template in found}

    def _of_templates(self, is_wanted: Callable[[Rows], bool], without: bool) -> Condition:
        """Tasks of the templates that are wanted; `without`: and those that have none."""
        uids = tuple(sorted(uid for uid, rows in self._templates.items() if is_wanted(rows)))
        found: list[Condition] = [Comparison(Field("template"), "in", uids)] if uids else []
        if without:
            known = tuple(sorted(self._templates))
            found.append(Comparison(Field("template"), "null"))
            found += [Comparison(Field("template"), "not in", known)] if known else []
        return core.some(found)

    def _template_properties(self) -> Iterator[tuple[tuple[str | None, ...], Ask]]:
        """The different properties of templates, and the templates that have each; of those without, a row of nulls."""
        uids: dict[tuple[tuple[str, Comparable], ...], list[str | None]] = {(): [None]}
        for uid, rows in self._templates.items():
            for row in rows["TASK_TEMPL_CPROP"] or (NOTHING,):
                uids.setdefault(tuple(sorted(row.items())), []).append(uid)
        for key, these in uids.items():
            yield tuple(these), partial(_of_row, dict(key))

    def _with_templates(self, kinds: Iterable[tuple[str | None, ...]]) -> Condition:
        uids = {uid for kind in kinds for uid in kind}
        return self._of_templates(
            lambda rows: str(literals.uid_of(str(rows["TASK_TEMPL"][0]["TKTID"]))) in uids, None in uids
        )


def _of_row(row: Row, term: Term) -> Condition:
    return core.ALWAYS if passes(term, row.get(term.ref.column.name)) else core.NEVER


def _of_rows(rows: Mapping[str, Row], term: Term) -> Condition:
    return _of_row(rows[term.ref.row], term)


def _speaks_of_escalations(tree: Tree) -> bool:
    return any(term.ref.view.name in OF_ESCALATIONS for term in terms(tree))


def _row(term: Term) -> str:
    """What is chosen for the term."""
    return ESCALATION.name if term.ref.view.name in OF_ESCALATIONS else term.ref.row


def _of_object(term: Term) -> Condition:
    """The task of a work item; ids of other objects match none."""
    if term.op in (Op.NULL, Op.NOT_NULL):
        return core.ALWAYS if term.op is Op.NOT_NULL else core.NEVER
    tasks = tuple(literals.uid_of(str(value)) for value in term.values if str(value).startswith("_TKI:"))
    is_asked = term.op in (Op.EQ, Op.IN)
    if not tasks:
        return core.NEVER if is_asked else core.ALWAYS
    return Comparison(Field("uid"), "in" if is_asked else "not in", tasks)


def _of_property(row: str, term: Term) -> Condition:
    column = term.ref.column.name
    if column == "TKIID":
        return task_columns.ASKS["TKIID"](term)
    if column == "DATA_TYPE":
        return task_columns.comparison(Field("property.type", default=views.PROPERTY_TYPE, row=row), term)
    return task_columns.comparison(Field("property.name" if column == "NAME" else "property.text", row=row), term)


def _key(term: Term) -> tuple[object, ...]:
    return term.ref.row, term.ref.column.name, term.op, term.values


MANY = frozenset({views.WORK_ITEM.name, views.TASK_CPROP.name, views.TASK_TEMPL_CPROP.name, *OF_ESCALATIONS})


def _free(tree: Tree, chosen: Chosen) -> set[str]:
    """The rows that are still to be chosen."""
    return {_row(term) for term in terms(tree) if term.ref.view.name in MANY and _row(term) not in chosen}


def _groups(tree: Every, chosen: Chosen) -> list[tuple[Tree, ...]]:
    """The parts that choose rows together; those that choose none each by itself."""
    fixed = [(part,) for part in tree.parts if not _free(part, chosen)]
    return [*fixed, *apart([part for part in tree.parts if _free(part, chosen)], lambda part: _free(part, chosen))]
