"""Hostile bodies for every operation that takes one, in each form that its dialect reads: none is a bug, and the server
goes on.

The kit of tests/resilience sends more of them, over real connections, to some paths. Here each member that an
operation names has each hostile value once.
"""

from collections.abc import Iterator
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import msgspec
import pytest

from dragoman.dialects.kit import Dialect, OperationSpec
from tests.conftest import PASSWORD
from tests.support.databases import Databases
from tests.support.in_process_server import InProcessServer
from tests.support.operation_rows import DIALECTS, FORM, ROWS, Row
from tests.support.server import basic, command

JSON, XML, PARTS = "application/json", "text/xml", "multipart/form-data; boundary=B"
ANNA = basic("anna", PASSWORD)
NAMES = [dialect.name for dialect in DIALECTS]
FORMS = {"onlyoffice_crm": (XML, FORM, PARTS), "ibm_htm": ("application/xml",)}
"""What else than JSON a dialect reads."""

DEEP = 20_000
WHOLE: dict[str, tuple[bytes, ...]] = {
    JSON: (
        *(b"", b"   ", b"{", b"{}", b"[]", b"[1", b"null", b"true", b"7", b'"x"', b'{"a":1}}', b'{"a":01}', b"{'a':1}"),
        *(
            b'{"a":1,"a":2}',
            b'{"title":NaN}',
            b'{"title":-Infinity}',
            b'{"title":1e999}',
            b'{"":""}',
            b"\xef\xbb\xbf{}",
        ),
        *(
            b'{"a":"\\ud800"}',
            b'{"a":"\\u0000"}',
            b'{"\\u0000":1}',
            b'{"a":"\x00"}',
            b'{"a":"\xff"}',
            b"\xff\xfe{\x00}\x00",
        ),
        *(b"[" * DEEP, b'{"a":' * DEEP, b"[" * DEEP + b"]" * DEEP, b'{"a":' + b"9" * 5_000 + b"}"),
        b"{" + b",".join(b'"m%d":1' % place for place in range(100_001)) + b"}",
    ),
    XML: (
        *(
            b"",
            b"<",
            b"<a",
            b"<a>",
            b"<a></b>",
            b"<a/><b/>",
            b"text",
            b"<a>\x00</a>",
            b"<a>&#0;</a>",
            b"<a>&#xD800;</a>",
        ),
        *(b"<a>\xff</a>", b"<a b='1' b='2'/>", b"<?xml version='1.0' encoding='no-such'?><a/>", b"<a>&none;</a>"),
        b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a><title>&c;</title></a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a><title>x</title></a>',
        *(b"<a>" * DEEP, b"<a>" * DEEP + b"</a>" * DEEP, b"<a>" + b"<b>1</b>" * 50_000 + b"</a>"),
    ),
    FORM: (
        *(
            b"",
            b"&",
            b"=",
            b"&&=&",
            b"%",
            b"%zz=%zz",
            b"a=%ff",
            b"%00=%00",
            b"a[=1",
            b"a]=1",
            b"[]=1",
            b"[0][=1",
            b"a[][]=1",
        ),
        *(
            b"a[999999999999]=1",
            b"a[-1]=1",
            b"a" + b"[b]" * DEEP + b"=1",
            b"&".join(b"a[]=%d" % n for n in range(50_000)),
        ),
    ),
    PARTS: (
        *(b"", b"--B", b"--B--", b"--B\r\n", b"--B\r\n\r\n", b"--B\r\nX\r\n\r\n1\r\n--B--", b"--C\r\n\r\n--C--"),
        b'--B\r\nContent-Disposition: form-data; name="title"\r\n\r\n\xff\x00\r\n--B--\r\n',
        b'--B\r\nContent-Disposition: form-data; name="a"; filename="../../x"\r\n\r\nx\r\n--B--\r\n',
        b"--B\r\nContent-Disposition: form-data; name=\r\nContent-Transfer-Encoding: base64\r\n\r\n%%\r\n--B--\r\n",
        b"".join(b'--B\r\nContent-Disposition: form-data; name="a[]"\r\n\r\n%d\r\n' % n for n in range(5_000))
        + b"--B--\r\n",
    ),
}
WHOLE["application/xml"] = WHOLE[XML]

LONG = "x" * 300_000
VALUES = ("", "a\0b", LONG, "-1", "99999999999999999999", "2031-02-30", "%s{0}$'; --")
RAW = (
    b"null",
    b"true",
    b"-1",
    b"1.5",
    b"1e400",
    b"9223372036854775808",
    b"[null]",
    b"[[[]]]",
    b'{"a":{}}',
    b'"\\udc00"',
)
IN_FORMS = VALUES[1:3]
PAGES = ("startindex", "count", "sortby", "sortorder", "filterby", "filterop", "filtervalue", "fields")
"""What every operation of the CRM reads by the same code."""


def placed(row: Row, known: dict[str, str]) -> str:
    """The target, with what is there for the variables that have a name."""
    target = row.prefix + row.operation.path
    for name, value in known.items():
        target = target.replace("{" + name + "}", value)
    target = "/".join("99999999" if each.startswith("{") else each for each in target.split("/"))
    return target + (f"?{urlencode(row.operation.query)}" if row.operation.query else "")


def bodies(dialect: Dialect, operation: OperationSpec, *, whole: bool) -> Iterator[tuple[str, bytes]]:
    """Bodies of every form if they are to be `whole`, and one member after the other with each value."""
    forms = (JSON, *FORMS.get(dialect.name, ()))
    for form in forms:
        for body in WHOLE[form] if whole else WHOLE[form][:8]:
            yield form, body
    for member in operation.members or ("title",):
        if member in PAGES and not whole:
            continue
        for raw in (*RAW, *map(msgspec.json.encode, VALUES)):
            yield JSON, b'{"%s":%s}' % (member.encode(), raw)
        for form in forms[1:]:
            for value in IN_FORMS:
                yield form, written(form, member, value)


def written(form: str, member: str, value: str) -> bytes:
    if form == FORM:
        return urlencode({member: value, f"{member}[]": value}).encode()
    if form == PARTS:
        return f'--B\r\nContent-Disposition: form-data; name="{member}"\r\n\r\n{value}\r\n--B--\r\n'.encode()
    return f"<a><{member}>{escape(value)}</{member}></a>".encode()


def prepare(server: InProcessServer, dialect: str) -> dict[str, str]:
    """What is there for the variables of paths."""

    def made(target: str, content: object) -> dict[str, object]:
        headers = {"Content-Type": JSON, **ANNA}
        answer = server.call("POST", target, msgspec.json.encode(content), headers)
        assert answer.status in (200, 201), answer.text
        return msgspec.json.decode(answer.body)  # type: ignore[no-any-return]

    if dialect == "genesys":
        service = made("/services/start", {"contact_key": "k"})["service_id"]
        state = made(f"/services/{service}/states/start", {"state_type": "s"})["state_id"]
        task = made(f"/services/{service}/tasks/start", {"task_type": "t"})["task_id"]
        bike = {
            "name": "Bike",
            "type": "multi-valued",
            "unique": "frame",
            "attributes": [{"name": "frame", "type": "string"}],
        }
        made("/metadata/profiles/extensions", bike)
        customer = made("/profiles", {"Bike": [{"frame": "F-1"}]})["customer_id"]
        return {"sid": f"{service}", "stid": f"{state}", "tid": f"{task}", "cid": f"{customer}", "ext": "Bike"}
    if dialect == "onlyoffice_crm":
        made("/api/2.0/crm/contact/person", {"firstName": "Ida", "shareType": 1})
        made("/api/2.0/crm/task", {"title": "t", "deadline": "2031-04-10", "categoryId": 1})
        made("/api/2.0/crm/case", {"title": "c"})
        made("/api/2.0/crm/case/tasktemplatecontainer", {"title": "s"})
        return dict.fromkeys(("taskid", "contactid", "containerid", "categoryid"), "1") | {"id": "2"}
    task = f"{made('/v1/tasks', {'title': 't'})['id']}"
    return {"id": task, "number": "1"}


MEANT = {"history.create": {501}}
"""Refusals that are no bugs: files aren't offered."""


def rows_of(name: str) -> list[Row]:
    """The operations that change something, those that delete last. The kit tries logins."""
    found = [
        row
        for row in ROWS
        if row.dialect.name == name
        and row.operation.writes
        and row.prefix == row.dialect.prefixes[0]
        and not row.is_open
    ]
    return sorted(found, key=lambda row: row.operation.method == "DELETE")


def check(server: InProcessServer, name: str) -> int:
    """How many requests were sent, none of which is answered as a bug is."""
    known, sent = prepare(server, name), 0
    for place, row in enumerate(rows_of(name)):
        target = placed(row, known)
        for form, body in bodies(row.dialect, row.operation, whole=not place):
            answer = server.call(row.operation.method, target, body, {"Content-Type": form, **ANNA})
            shown = (row.operation.name, target, form, body[:200], answer.status, answer.text[:300])
            assert answer.status < 500 or answer.status in MEANT.get(row.operation.name, ()), shown
            sent += 1
    return sent


@pytest.mark.parametrize("backend", ["sqlite"])  # the kit tries the stricter engine
@pytest.mark.parametrize("name", NAMES)
def test_no_hostile_body_is_a_bug(name: str, backend: str, databases: Databases) -> None:
    with databases.lent(backend) as url, InProcessServer(url) as server:
        command(url, "user", "add", "anna", "--admin", "--password-stdin", typed=PASSWORD)
        assert check(server, name) > 1_000
