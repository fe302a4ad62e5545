"""Where things stand in a TOML file: the line of each table and key. Python's own reader tells it of syntax alone.

Only text that could be read as TOML may be asked about.
"""

import re
import tomllib

_PART = r"(?:\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|[A-Za-z0-9_-]+)"
_KEY = re.compile(rf"[ \t]*({_PART}(?:[ \t]*\.[ \t]*{_PART})*)[ \t]*")
_PARTS = re.compile(_PART)
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_TOKEN = re.compile(
    r"\"\"\"(?:\\.|[^\\])*?\"{3,5}|'''.*?'{3,5}|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|#[^\n]*|[\[\]{}]|\n|[^\"'#\[\]{}\n]+",
    re.DOTALL,
)

Path = tuple[str | int, ...]
"""Keys and places in arrays of tables: `("template", 0, "roles", "reader")`."""


def lines_of(text: str) -> dict[Path, int]:
    """The line of every table and key, from 1. What stands within an inline table has the line of that one."""
    return _Scan(text).run()


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.found: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}
        self.place = 0
        self.line = 1
        self.seen = 0  # up to here the line's number was counted

    def run(self) -> dict[Path, int]:
        table: Path = ()
        self.skip(_BLANK)
        while self.place < len(self.text):
            self.count_lines()
            if self.text[self.place] == "[":
                table = self.header()
            else:
                path = table + self.key()
                for length in range(len(table) + 1, len(path) + 1):
                    self.found.setdefault(path[:length], self.line)
            self.skip_value()
            self.skip(_BLANK)
        return self.found

    def count_lines(self) -> None:
        self.line += self.text.count("\n", self.seen, self.place)
        self.seen = self.place

    def skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.place)
        if found is not None:
            self.place = found.end()

    def key(self) -> Path:
        """The dotted key at this place, and the sign behind it."""
        found = _KEY.match(self.text, self.place)
        if found is None:
            raise ValueError(f"no key in line {self.line}")
        self.place = found.end() + 1
        return tuple(_plain(part) for part in _PARTS.findall(found[1]))

    def header(self) -> Path:
        """The path of the table whose header stands here; one of an array gets the next place in it."""
        is_array = self.text.startswith("[[", self.place)
        self.place += 2 if is_array else 1
        path: Path = ()
        names = self.key()
        for depth, name in enumerate(names, 1):
            path += (name,)
            if is_array and depth == len(names):
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path += (self.counts[path],)
        self.found.setdefault(path, self.line)
        return path

    def skip_value(self) -> None:
        """To the end of the line on which the value, or the header, ends."""
        depth = 0
        while self.place < len(self.text):
            found = _TOKEN.match(self.text, self.place)
            if found is None:
                raise ValueError(f"no value in line {self.line}")
            self.place = found.end()
            sign = found[0]
            if sign == "\n" and depth <= 0:
                return
            depth += (sign in "[{") - (sign in "]}")


def _plain(part: str) -> str:
    if part[0] == '"':
        return str(tomllib.loads(f"key = {part}")["key"])
    return part[1:-1] if part[0] == "'" else part
