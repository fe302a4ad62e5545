"""Query tables (page, 9.2; page 2, D): the attributes of a view under a name, and what requests name of them."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from dragoman.dialects.ibm_htm import problems as refusals
from dragoman.dialects.ibm_htm.wire import times
from dragoman.dialects.ibm_htm.wire.expressions.columns import Column, Comparable, Type, View
from dragoman.domain.clock import Moment
from dragoman.domain.search import MOST_TERMS, MOST_VALUES

PREDEFINED, COMPOSITE, SUPPLEMENTAL = "PREDEFINED", "COMPOSITE", "SUPPLEMENTAL"
KINDS = (PREDEFINED, SUPPLEMENTAL, COMPOSITE)
INSTANCE_BASED, ROLE_BASED = "INSTANCE_BASED", "ROLE_BASED"
AUTHORIZATION_TYPES = ("NONE", INSTANCE_BASED, ROLE_BASED)

Shown = dict[str, Any]


class Attribute(msgspec.Struct, frozen=True):
    """A column as a request names it. `is_array`: it has a value for each row that the caller has, as of `WI.`."""

    name: str
    column: Column
    source: str
    is_array: bool = False

    def info(self) -> Shown:
        """An entry of `attributeInfo`."""
        kind = self.column.type.shown
        return {"name": self.name, "type": kind, "isArray": self.is_array, "sourceAttribute": self.source}


class Order(msgspec.Struct, frozen=True):
    """An entry of `sortAttributes`, or of `orderByClause`: there of any view of which an object has one row."""

    view: View
    column: Column
    descending: bool = False


class QueryTable(msgspec.Struct, frozen=True):
    """A table that can be queried. A composite one has a name of its own, fewer attributes and a filter."""

    view: View
    key: str
    authorization: str = INSTANCE_BASED
    kind: str = PREDEFINED
    own_name: str = ""
    own_attributes: tuple[str, ...] = ()
    filter: str = ""
    display_name: str = ""
    description: str = ""
    rows: View | None = None  # whose attributes may be selected with `WI.` before them

    @property
    def name(self) -> str:
        return self.own_name or self.view.name

    @property
    def key_source(self) -> str:
        """The key under its source, as every item has it."""
        return f"{self.view.name}.{self.key}"

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """Those that are shown where a request selects none."""
        names = self.own_attributes or tuple(self.view.columns)
        return tuple(self.attribute(name) for name in names)

    def attribute(self, text: str) -> Attribute:
        """Invalid (`bad_attribute`) for what the table doesn't have."""
        name = text.strip().upper()
        row, _, inner = name.rpartition(".")
        if row and self.rows is not None and row == self.rows.other_name and inner in self.rows.columns:
            return Attribute(name, self.rows.columns[inner], f"{self.rows.name}.{inner}", is_array=True)
        return Attribute(name, self._column(name, text), f"{self.view.name}.{name}")

    def _column(self, name: str, text: str) -> Column:
        if name not in self.view.columns or (self.own_attributes and name not in self.own_attributes):
            raise refusals.bad_attribute(text.strip(), self.name)
        return self.view.columns[name]

    def limited(self) -> View:
        """The view with the attributes that a request may name."""
        if not self.own_attributes:
            return self.view
        columns = {name: self.view.columns[name] for name in self.own_attributes}
        return msgspec.structs.replace(self.view, columns=columns)

    def facts(self) -> Shown:
        """What sort of table it is."""
        return {
            "kind": self.kind,
            "authorizationType": self.authorization,
            "entityTypeName": self.view.name,
            "keyAttribute": self.key_source,
        }


def selected(table: QueryTable, text: str | None) -> tuple[Attribute, ...]:
    """`selectedAttributes`; none is all but those of rows. Invalid for what the table doesn't have."""
    if not (text or "").strip():
        return table.attributes
    names = str(text).split(",")
    if len(names) > MOST_VALUES:
        raise refusals.too_many_terms("selectedAttributes", MOST_VALUES)
    return tuple({each.name: each for each in map(table.attribute, names)}.values())


def sorted_by(table: QueryTable, text: str | None) -> tuple[Order, ...]:
    """`sortAttributes`: names, each perhaps with ASC or DESC behind it."""

    def order(name: str, *, descending: bool) -> Order:
        return Order(table.view, table._column(name.upper(), name), descending)

    return _orders(text, "sortAttributes", order)


def ordered_by(views: Mapping[str, View], usual: View, text: str | None) -> tuple[Order, ...]:
    """`orderByClause`: columns of these views, each perhaps with ASC or DESC behind it."""

    def order(name: str, *, descending: bool) -> Order:
        view_name, _, column = name.upper().rpartition(".")
        view = views.get(view_name) or (views.get(view_name[:-1]) if view_name[-1:].isdigit() else None)
        if view_name and view is None:
            raise refusals.no_view(name.rpartition(".")[0])
        found = view or usual
        if column not in found.columns:
            raise refusals.bad_attribute(name, found.name)
        return Order(found, found.columns[column], descending)

    return _orders(text, "orderByClause", order)


def _orders(text: str | None, parameter: str, make: Any) -> tuple[Order, ...]:
    if not (text or "").strip():
        return ()
    parts = str(text).split(",")
    if len(parts) > MOST_TERMS:
        raise refusals.too_many_terms(parameter, MOST_TERMS)
    by_column: dict[tuple[str, str], Order] = {}
    for part in parts:
        name, _, direction = part.strip().partition(" ")
        word = direction.strip().upper()
        order: Order = make(name, descending=word == "DESC")
        if word not in ("", "ASC", "DESC"):
            raise refusals.bad_operator(direction.strip())
        by_column.setdefault((order.view.name, order.column.name), order)  # again, it changes nothing
    return tuple(by_column.values())


def shown(column: Column, value: Comparable) -> Any:
    """A value as items hold it: a symbol as its constant, a moment as text."""
    if value is None:
        return None
    if column.type is Type.SYMBOL:
        return next((constant for constant, code in column.codes.items() if code == value), value)
    return times.render(Moment(int(value))) if column.type is Type.TIMESTAMP else value


def item(table: QueryTable, attributes: Iterable[Attribute], values: Mapping[str, Any]) -> Shown:
    """An entry of `items`: the attributes by their names, the key under that of its source as well. `values` holds
    what is shown, by the names of attributes and of the key."""
    found = {each.name: values.get(each.name) for each in attributes}
    return {name: value for name, value in found.items() if value is not None} | {table.key_source: values[table.key]}
