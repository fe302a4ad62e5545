"""Blanking credentials in what is shown of requests: by the name of what holds them, and by their own shape.

What is recognised by neither stays; a name counts wherever it stands in another one (`x-vendor-auth-token`).
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_plus

BLANK = "***"

NAMES = re.compile(
    r"auth(?!or(?!i[sz]))|token|passw|passphrase|pwd|secret|cookie|session|credential|signature|csrf|jwt"
    r"|(?:api|access|account|private|shared|signing)[-_.]?key|^key$",
    re.IGNORECASE,
)
"""Names of headers, parameters, members, fields and elements that hold credentials. `author` is none of them."""

PREFIXED = re.compile(
    r"dg[ml]_[0-9a-z]{1,12}_[A-Za-z0-9_-]{16,}"
    r"|whsec_[A-Za-z0-9+/=]{16,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"  # a JSON Web Token
    r"|://[^/\s:@]*:[^/\s@]+@"  # login and password of an address
    r"|[Bb](?:earer|asic)\s+(?=\S*[0-9=_])[A-Za-z0-9._~+/=-]{8,}"
    r"|B(?:EARER|ASIC)\s+(?=\S*[0-9=_])[A-Za-z0-9._~+/=-]{8,}"
    r"|sk_(?:live|test)_[A-Za-z0-9]{8,}|rk_(?:live|test)_[A-Za-z0-9]{8,}|gh[opsur]_[A-Za-z0-9]{20,}"
    r"|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END [A-Z ]*PRIVATE KEY-----|.*)",
    re.DOTALL | re.ASCII,
)
"""What is known by how it begins. Each alternative begins with a letter or sign, so that a search is quick."""

RUN = re.compile(r"[A-Za-z0-9_+=-]{32,}")
OF_OURS = re.compile(r"[0-9a-z]{1,12}_[A-Za-z0-9_-]{43}")
RANDOM = (re.compile(r"[0-9]"), re.compile(r"[a-z]"), re.compile(r"[A-Z]"))
"""What every long random text holds, but neither a UUID nor a hash in hexadecimal digits."""

ESCAPE = re.compile(r"\\u00([0-7][0-9a-fA-F])")
STRING = r'"(?:[^"\\]|\\.)*"'
NAME = r'"(?:[^"\\]|\\.){0,256}+"'
"""Bounded, since a name is looked for at every quotation mark."""
MEMBER = re.compile(rf'({NAME})(\s*:\s*)({STRING}|"(?:[^"\\]|\\.)*\Z|[^\s,}}\]"]+)')
ELEMENT = re.compile(r"<([\w:.-]+)((?:\s[^<>]*)?)>([^<]*)")
ATTRIBUTE = re.compile(r"""(?<![\w:.-])([\w:.-]+)(\s*=\s*)("[^"]*"?|'[^']*'?)""")
PART_NAME = re.compile(r'name="([^"\r\n]*)"')
HEAD_END = re.compile(r"\n\r?\n")
PART_END = re.compile(r"\r?\n--|\Z")
FIELD = re.compile(r"(^|[&?;])([^=&?;]*)=([^&;]*)")


def is_secret(name: str) -> bool:
    """Whether something of this name holds credentials."""
    return NAMES.search(name) is not None


def text(value: str) -> str:
    """The text without what has the shape of a credential; the same object if there is none."""
    if PREFIXED.search(value):
        value = PREFIXED.sub(_prefixed, value)
    return RUN.sub(_run, value) if RUN.search(value) else value


def query(value: str) -> str:
    """A query string without the values of secret names, and of the shape of credentials."""
    return text(FIELD.sub(_field, value))


def body(raw: bytes, media: str) -> str:
    """A body as text, without secrets; what isn't UTF-8 is replaced by its size. JSON in which there is nothing to
    blank stays as it was sent."""
    try:
        sent = raw.decode()
    except UnicodeDecodeError:
        return f"({len(raw)} bytes that are no text)"
    kind = media.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return query(sent)
    if kind.startswith("multipart/"):
        return text("".join(_parts(sent)))
    try:
        return _json(sent)
    except (ValueError, RecursionError):
        return _broken(sent)


def _json(sent: str) -> str:
    found = json.loads(sent)
    blanked = _value(found)
    return sent if blanked == found else json.dumps(blanked, ensure_ascii=False)


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: BLANK if inner and is_secret(name) else _value(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_value(inner) for inner in value]
    return text(value) if isinstance(value, str) else value


def _broken(sent: str) -> str:
    """What is no JSON: its members, elements and attributes, as far as they can be told."""
    plain = ESCAPE.sub(lambda found: chr(int(found[1], 16)), sent)
    for pattern, replaced in _PATTERNS:
        plain = pattern.sub(replaced, plain)
    return text(plain)


def _prefixed(found: re.Match[str]) -> str:
    return f"://{BLANK}@" if found[0].startswith(":") else BLANK


def _run(found: re.Match[str]) -> str:
    run = found[0]
    return BLANK if OF_OURS.fullmatch(run) or all(sign.search(run) for sign in RANDOM) else run


def _field(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}={BLANK}" if found[3] and is_secret(unquote_plus(found[2])) else found[0]


def _parts(sent: str) -> Iterator[str]:
    """The pieces of a form: the content of a part counts as secret if a name in its head does."""
    at = 0
    while (name := PART_NAME.search(sent, at)) and (head := HEAD_END.search(sent, name.end())):
        end = PART_END.search(sent, head.end() - 1)  # the line that ends the head may end the part
        until = len(sent) if end is None else max(end.start(), head.end())
        has_secret = any(is_secret(each[1]) for each in PART_NAME.finditer(sent, name.start(), head.start()))
        yield f"{sent[at : head.end()]}{BLANK}" if has_secret else sent[at:until]
        at = until
    yield sent[at:]


def _member(found: re.Match[str]) -> str:
    return f'{found[1]}{found[2]}"{BLANK}"' if is_secret(found[1][1:-1]) else found[0]


def _element(found: re.Match[str]) -> str:
    content = BLANK if found[3].strip() and is_secret(found[1]) else found[3]
    return f"<{found[1]}{found[2]}>{content}"


def _attribute(found: re.Match[str]) -> str:
    return f'{found[1]}{found[2]}"{BLANK}"' if is_secret(found[1]) else found[0]


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (MEMBER, _member),
    (ELEMENT, _element),
    (ATTRIBUTE, _attribute),
)
