"""Routing: finds the operation of a request by path, method and query action.

Each dialect is a tree of path segments. A word wins over a variable, the longest prefix over a shorter one, the bare
paths of a dialect come last. All tables are made at start, where an operation without a scope is refused: deny by
default.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from dragoman.dialects.kit import Dialect, NotOffered, OperationSpec, Reply, Request, Route
from dragoman.domain import errors

Row = OperationSpec | NotOffered


class BadTable(Exception):
    """The operations of a dialect are declared inconsistently."""


@dataclass(slots=True)
class Entry:
    """One operation under its path: the names of its variables in order, and the required query."""

    row: Row
    names: tuple[str, ...]
    query: Mapping[str, str]


@dataclass(slots=True)
class Node:
    """The possible segments at one place of a path."""

    words: dict[str, "Node"] = field(default_factory=dict)
    variable: "Node | None" = None
    methods: dict[str, list[Entry]] = field(default_factory=dict)


Place = tuple[Node, tuple[str, ...]]


class Table:
    """The operations of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._fold = dialect.case_insensitive
        self._root = Node()
        rows: tuple[Row, ...] = (*dialect.operations, *dialect.not_offered)
        for row in rows:
            self._add(row)

    def _add(self, row: Row) -> None:
        if isinstance(row, OperationSpec) and not row.scopes:
            raise BadTable(
                f"{self.dialect.name}: {row.method} {row.path} declares no scope; use PUBLIC for an open operation."
            )
        if not row.path.startswith("/"):
            raise BadTable(f"{self.dialect.name}: the path {row.path} doesn't begin with a slash.")
        node, names = self._root, []
        for segment in row.path.split("/")[1:]:
            if segment.startswith("{") and segment.endswith("}"):
                names.append(segment[1:-1])
                node.variable = node.variable or Node()
                node = node.variable
            else:
                node = node.words.setdefault(segment.lower() if self._fold else segment, Node())
        query = row.query
        entries = node.methods.setdefault(row.method, [])
        if any(entry.query == query for entry in entries):
            raise BadTable(f"{self.dialect.name}: {row.method} {row.path} {dict(query) or ''} is declared twice.")
        entries.append(Entry(row, tuple(names), query))
        entries.sort(key=lambda entry: -len(entry.query))  # the most specific first

    def find(self, request: Request, below: str) -> OperationSpec | None:
        """The operation of the path `below` the prefix, its variables put on the request. A last slash is ignored.

        None when path and method are known but the query's action isn't: `explain` gives the error.
        NotFound for an unknown path, NotOffered for a method or row that isn't served.
        """
        if request.method == "POST" and self.dialect.method_headers:
            request.tunnel(self.dialect.method_headers)
        segments = self._segments(request, below)
        for node, values in self._places(segments):
            entries = node.methods.get(request.method)
            if entries is None and request.method == "HEAD":
                entries = node.methods.get("GET")
            if entries is None:
                continue
            entry = entries[0] if not entries[0].query else _chosen(entries, request)
            if entry is None:
                return None
            if isinstance(entry.row, NotOffered):
                raise errors.NotOffered("not_offered", entry.row.reason, reason=entry.row.reason)
            request.path = dict(zip(entry.names, values, strict=True))
            request.operation = entry.row
            return entry.row
        raise self._no_method(request, segments)

    def explain(self, request: Request, below: str) -> errors.Invalid:
        """The error when `find` returned None: the query names an unknown action, or none."""
        segments = self._segments(request, below)
        for node, _ in self._places(segments):
            entries = node.methods.get(request.method, [])
            offered = (entry for entry in entries if isinstance(entry.row, OperationSpec))
            known = tuple(value for entry in offered for value in entry.query.values())
            parameter = next((name for entry in entries for name in entry.query), "action")
            if entries:
                value = request.first(parameter)
                what = f"{parameter} is missing" if value is None else f"{parameter} has an unknown value"
                return errors.Invalid(
                    "unknown_action", f"The parameter {what}.", parameter=parameter, value=value, known=known
                )
        raise AssertionError("explain is called only after find returned None")

    def operations(self) -> Iterator[OperationSpec]:
        """Every operation, in the order of its declaration."""
        yield from self.dialect.operations

    def _segments(self, request: Request, below: str) -> list[str]:
        if below.endswith("/") and below != "/":
            below = below[:-1]
        if self.dialect.normalise is not None:
            route: Route = self.dialect.normalise(below)
            below = route.path
            request.extension = route.extension
            if route.query is not None and not request.query_string.startswith(route.query):
                request.query_string = "&".join(filter(None, (route.query, request.query_string)))
        segments = below.split("/")
        del segments[0]
        return [_decoded(segment) for segment in segments] if "%" in below else segments

    def _places(self, segments: list[str]) -> list[Place]:
        """Every node that the path leads to, with the values on the way; words before variables."""
        places: list[Place] = [(self._root, ())]
        for segment in segments:
            word = segment.lower() if self._fold else segment
            further: list[Place] = []
            for node, values in places:
                if word in node.words:
                    further.append((node.words[word], values))
                if node.variable is not None and segment:
                    further.append((node.variable, (*values, segment)))
            places = further
        return places

    def methods(self, request: Request, below: str) -> list[str]:
        """The methods that the path `below` the prefix takes; none where there is no such path."""
        return self._methods(self._segments(request, below))

    def _methods(self, segments: list[str]) -> list[str]:
        methods = {method for node, _ in self._places(segments) for method in node.methods}
        if self.dialect.documents_head and "GET" in methods:
            methods.add("HEAD")
        return sorted(methods)

    def _no_method(self, request: Request, segments: list[str]) -> errors.Expected:
        methods = self._methods(segments)
        if not methods:
            return errors.NotFound("unknown_path", "There is nothing at this path.")
        allow = ", ".join(methods)
        return errors.NotOffered("method_not_allowed", f"This path takes {allow}.", allow=allow)


class Router:
    """The tables of all dialects, under their prefixes."""

    def __init__(self, dialects: Iterable[Dialect]) -> None:
        self.tables = [Table(dialect) for dialect in dialects]
        self._under: dict[str, list[tuple[str, Table]]] = {}
        for table in self.tables:
            for prefix in table.dialect.prefixes:
                self._mount(prefix, table)
        self._beside = {
            (path.lower() if table.dialect.case_insensitive else path): answer
            for table in self.tables
            for path, answer in table.dialect.beside.items()
        }
        for places in self._under.values():
            places.sort(key=lambda place: -len(place[0]))

    def _mount(self, prefix: str, table: Table) -> None:
        roots = [prefix] if prefix else list(table.dialect.bare_roots)
        for root in roots:
            if not root.startswith("/") or root.endswith("/"):
                raise BadTable(f"{table.dialect.name}: write the prefix {root!r} as '/word', without a slash behind.")
            places = self._under.setdefault(_first_word(root), [])
            if any(other == prefix for other, _ in places):
                raise BadTable(f"{table.dialect.name}: another dialect has {root} already.")
            places.append((prefix, table))

    def place(self, path: str) -> tuple[Table, str] | None:
        """The dialect of a path, still percent-encoded, and its prefix as the caller wrote it."""
        for prefix, table in self._under.get(_first_word(path), ()):
            size = len(prefix)
            written = path[:size]
            same = written == prefix or (table.dialect.case_insensitive and written.lower() == prefix.lower())
            if same and (prefix or table.dialect.case_insensitive or _root_stands(path, table.dialect)):
                rest = path[size : size + 1]
                if rest in ("", "/"):
                    return table, written
        return None

    def beside(self, path: str) -> Callable[[Request], Reply] | None:
        """What answers a GET of a path that a dialect serves outside its prefixes."""
        return self._beside.get(path) or self._beside.get(path.lower())


def _first_word(path: str) -> str:
    end = path.find("/", 1)
    return (path[1:] if end < 0 else path[1:end]).lower()


def _root_stands(path: str, dialect: Dialect) -> bool:
    """Whether a bare path begins with a root of the dialect, in the same case."""
    end = path.find("/", 1)
    return (path if end < 0 else path[:end]) in dialect.bare_roots


def _chosen(entries: list[Entry], request: Request) -> Entry | None:
    for entry in entries:
        if all(request.first(name) == value for name, value in entry.query.items()):
            return entry
    return None


def _decoded(segment: str) -> str:
    """One segment without its percent signs. NotFound when it is not UTF-8 or contains NUL."""
    try:
        text = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise errors.NotFound("unknown_path", "The path is not percent-encoded UTF-8.")
    return text
