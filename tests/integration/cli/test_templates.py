"""`template load`: whole or not at all, version by version, each fault with its line."""

import json
from base64 import b64encode
from pathlib import Path

import pytest

from tests.integration.cli.command import Done, dragoman, rows, well

REVIEW = """
[[template]]
name = "Review"
priority = 5
faults = ["Refused"]

[template.roles]
potential_owner = ["olga", "*"]

[template.durations]
due = "2days 3hours"
deleted = "P30D"
deleted_after = "success"

[template.supports]
delegation = false

[template.properties]
region = "north"
"""


@pytest.fixture
def known(database_url: str) -> str:
    """A database in which olga is known."""
    well(database_url, "user", "add", "olga")
    return database_url


def load(database_url: str, text: str) -> Done:
    return dragoman(database_url, "template", "load", "-", typed=text)


def loaded(database_url: str, text: str) -> str:
    done = load(database_url, text)
    assert (done.code, done.error) == (0, ""), done
    return done.out


def faults(database_url: str, text: str) -> list[str]:
    """What is told of a file that isn't loaded."""
    done = load(database_url, text)
    assert (done.code, done.out) == (1, ""), done
    assert not templates(database_url)
    told = done.error.splitlines()
    assert all(line.startswith("dragoman: -:") and line.endswith(".") for line in told), done
    return [line.removeprefix("dragoman: -:").removesuffix(".") for line in told]


def templates(database_url: str) -> list[dict[str, object]]:
    return [row for row in rows(database_url) if row["table"] == "template"]


def test_what_a_file_says_is_kept(known: str) -> None:
    assert loaded(known, REVIEW) == "template Review, version 1, added\n"
    [template] = templates(known)
    [olga] = [row["uid"] for row in rows(known) if row["table"] == "user"]
    assert (template["name"], template["version"], template["kind"], template["priority"]) == ("Review", 1, "human", 5)
    assert template["roles"] == f'{{"potential_owner":["{olga}","*"]}}'
    assert template["timing"] == '{"due":"2days 3hours","deleted":"P30D","kept":"unless_completed"}'
    assert '"supportsDelegation":false,"supportsFollowOnTasks":true' in str(template["flags"])
    assert template["properties"] == '{"region":"north"}'


def test_loading_the_same_again_changes_nothing(known: str) -> None:
    loaded(known, REVIEW)
    before = rows(known)
    assert loaded(known, "# told again\n" + REVIEW) == "template Review, version 1, unchanged\n"
    assert rows(known) == before


def test_a_changed_table_is_a_new_version_with_an_id_of_its_own(known: str) -> None:
    loaded(known, REVIEW)
    assert loaded(known, REVIEW.replace("priority = 5", "priority = 6")) == "template Review, version 2, added\n"
    assert loaded(known, REVIEW) == "template Review, version 3, added\n"
    assert len({str(template["uid"]) for template in templates(known)}) == 3


def test_an_id_can_be_given_and_then_stands_for_the_same_for_ever(known: str) -> None:
    given = REVIEW.replace("name =", 'tktid = "_TKT:801a0001.1.1.1"\nname =')
    loaded(known, given)
    assert templates(known)[0]["uid"] == "801a0001-0000-0001-0000-000100000001"
    done = load(known, given.replace("priority = 5", "priority = 6"))
    assert done.code == 1
    assert done.error.startswith("dragoman: -:3: this tktid is version 1 of Review, whose content differs")
    assert loaded(known, given.replace("1.1.1", "1.1.2").replace("= 5", "= 6")) == "template Review, version 2, added\n"


def test_a_version_can_be_stopped_and_started_in_its_place(known: str) -> None:
    loaded(known, REVIEW)
    stopped = REVIEW.replace("priority = 5", "priority = 5\nstopped = true")
    assert loaded(known, stopped) == "template Review, version 1, stopped\n"
    assert "stopped" in well(known, "template", "list").out
    assert loaded(known, REVIEW) == "template Review, version 1, started\n"
    assert len(templates(known)) == 1


def test_all_faults_are_told_at_once_each_with_its_line(known: str) -> None:
    text = """[[template]]
name = ""
prority = 5

[[template]]
tktid = "_TKT:1.2.3"
one_way = true
description = '''
name = 7
'''
faults = ["a",
          "a"]
[template.durations]
due = "five days"
[template."properties"]
"region" = 1
[template.roles]
reader = ["olga", "zoe"]
"""
    assert faults(known, text) == [
        "2: name: must be text of 1 to 220 bytes",
        (
            "3: prority: there is no such key; there are tktid, name, namespace, kind, priority, type, display_name, "
            "description, one_way, input, output, faults, valid_from, stopped, roles, durations, supports, properties, "
            "client_settings, escalation"
        ),
        "5: a template has a name",
        "6: tktid: must be _TKT: and four hexadecimal words, such as _TKT:801a0001.1.1.1",
        "11: faults: names one twice",
        "14: durations.due: 'five days' is not a duration, such as 5days or P14D",
        "16: properties.region: must be text, up to 254 bytes",
        "18: zoe is neither the login of a user nor the name of a group",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "1: there is no [[template]]"),
        ("[template]\nname = 'a'", "1: a template is written as [[template]]"),
        ("template = 1", "1: a template is written as [[template]]"),
        ("[[template]]\nname = 'a'\n[other]", "3: the file holds [[template]] and [[query_table]] alone"),
        ("[[template]]\nname = [1", "2: Unclosed array"),
        ("[[template]]\nname = 'a'\npriority = true", "3: priority: must be a whole number, not below 0"),
        ("[[template]]\nname = 'a'\nroles = 1", "3: roles: must be a table"),
        ("[[template]]\nname = 'a'\nroles.reader = 'olga'", "3: roles.reader: must be a list of names"),
        (
            "[[template]]\nname = 'a'\none_way = true\noutput = 'o'",
            "3: one_way: a one-way template has neither output nor faults",
        ),
        (
            "[[template]]\nname = 'a'\nvalid_from = 1",
            "3: valid_from: must be a date, such as 2031-05-04 or 2031-05-04T10:00:00Z",
        ),
        (
            "[[template]]\nname = 'a'\nkind = 'odd'",
            "3: kind: must be one of human, originating, participating, administrative",
        ),
        ('[[template]]\nname = "a\\u0000"', "2: name: must hold no control characters"),
        (f"[[template]]\n{'.'.join('a' * 200)} = 1", "2: it is nested too deeply"),
    ],
)
def test_a_fault_is_found(known: str, text: str, told: str) -> None:
    assert faults(known, text) == [told]


def test_two_of_a_name_need_ids(known: str) -> None:
    twice = "[[template]]\nname = 'a'\n[[template]]\nname = 'a'\n"
    assert faults(known, twice) == [
        "2: two templates are named a; give each a tktid",
        "4: two templates are named a; give each a tktid",
    ]


def test_a_file_that_is_no_text_or_not_there_is_refused(known: str, tmp_path: Path) -> None:
    file = tmp_path / "templates.toml"
    file.write_bytes(b"[[template]]\nname = '\xff'\n")
    done = dragoman(known, "template", "load", str(file))
    assert (done.code, done.error) == (1, f"dragoman: {file}:2: this is no UTF-8.\n")
    done = dragoman(known, "template", "load", str(tmp_path / "none.toml"))
    assert (done.code, done.error.count("\n")) == (1, 1)


def test_the_list_shows_every_version(known: str) -> None:
    loaded(known, REVIEW.replace("name =", 'tktid = "_TKT:801a0001.1.1.1"\nname ='))
    loaded(known, REVIEW.replace("priority = 5", "priority = 6"))
    lines = well(known, "template", "list").out.splitlines()
    assert lines[0].split() == ["NAME", "VERSION", "ID", "KIND", "STATE"]
    assert [line.split()[:2] for line in lines[1:]] == [["Review", "2"], ["Review", "1"]]
    assert lines[2].split()[2:] == ["_TKT:801a0001.1.1.1", "human", "started"]


def test_the_fixture_holds_the_two_templates_of_the_vendor_s_page(database_url: str) -> None:
    well(database_url, "fixture", "conformance")
    listed = well(database_url, "template", "list").out
    assert "_TKT:801a0001.1.1.1" in listed
    assert "_TKT:801a0001.1.1.2" in listed


SETTINGS = """
[[template]]
name = "Review"
[template.client_settings."Dojo"]
page = "review.html"
form = { file = "forms/review.html" }
"""


def load_in(database_url: str, folder: Path, text: str) -> Done:
    (folder / "forms").mkdir(exist_ok=True)
    (folder / "forms" / "review.html").write_text("<p>Review</p>")
    (folder / "templates.toml").write_text(text)
    return dragoman(database_url, "template", "load", str(folder / "templates.toml"))


def test_files_of_client_settings_are_read_when_the_template_is_loaded(sqlite_url: str, tmp_path: Path) -> None:
    assert load_in(sqlite_url, tmp_path, SETTINGS).out == "template Review, version 1, added\n"
    assert load_in(sqlite_url, tmp_path, SETTINGS).out == "template Review, version 1, unchanged\n"
    (tmp_path / "templates.toml").unlink()
    settings = json.loads(str(templates(sqlite_url)[0]["client_settings"]))
    content = b64encode(b"<p>Review</p>").decode()
    assert settings == {"Dojo": {"page": {"text": "review.html"}, "form": {"text": "review.html", "content": content}}}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("7", 'must be text, up to 4000 bytes, or { file = "NAME" }'),
        ('{ file = "none.html" }', "can't be read: No such file or directory"),
        ('{ file = "../secret" }', "must be a file in the folder of the template file, or below it"),
        ('{ file = "/etc/passwd" }', "must be a file in the folder of the template file, or below it"),
    ],
)
def test_a_setting_that_cant_be_taken_is_reported(sqlite_url: str, tmp_path: Path, given: str, told: str) -> None:
    done = load_in(sqlite_url, tmp_path, SETTINGS.replace('"review.html"', given, 1))
    assert done.code == 1
    assert done.error.endswith(f":5: client_settings.Dojo.page: {told}.\n")


def test_a_version_of_before_there_were_settings_has_the_hash_that_it_had(known: str) -> None:
    loaded(known, REVIEW)
    assert templates(known)[0]["digest"] == "034e62a213e9cc54b9d6ee2e0caa324cf94cc3804d747dd09d831548b9886470"


TABLE = """
[[query_table]]
name = "EM3.MOVE_SPOOLS_TASK"
filter = "NAME='MoveSpools' AND STATE=STATE_READY"
attributes = ["TKIID", "NAME", "STATE"]
"""


def test_a_query_table_takes_the_place_of_the_one_of_its_name(known: str) -> None:
    assert loaded(known, TABLE) == "query table EM3.MOVE_SPOOLS_TASK, added\n"
    assert loaded(known, TABLE) == "query table EM3.MOVE_SPOOLS_TASK, unchanged\n"
    assert loaded(known, TABLE.replace("Move", "Mend")) == "query table EM3.MOVE_SPOOLS_TASK, changed\n"
    assert loaded(known, REVIEW + TABLE + "removed = true\n") == (
        "template Review, version 1, added\nquery table EM3.MOVE_SPOOLS_TASK, removed\n"
    )
    assert loaded(known, TABLE + "removed = true\n") == "query table EM3.MOVE_SPOOLS_TASK, unchanged\n"


WANTED = "a constant of this column or its number is expected for STATE"
KEYS = "name, filter, attributes, display_name, description, removed"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TABLE.replace("EM3.", ""), "3: name: must be a prefix and a name, such as EM3.MOVE_SPOOLS_TASK"),
        (TABLE.replace("TKIID", "COLOUR"), "5: attributes: COLOUR is no attribute of TASK"),
        (
            TABLE.replace("STATE_READY", "READY"),
            "4: filter: The operand 'READY' at position 29 is not valid: " + WANTED,
        ),
        (
            TABLE.replace("filter", "where"),
            f"4: where: there is no such key; there are {KEYS}",
        ),
        (TABLE + TABLE, "8: name: this table is defined twice in the file"),
        (TABLE.replace('["TKIID", "NAME", "STATE"]', '"NAME"'), "5: attributes: must be a list of names"),
        (TABLE + "removed = 1\n", "6: removed: must be true or false"),
        ("query_table = 1", "1: a query table is written as [[query_table]]"),
    ],
)  # fmt: skip
def test_a_fault_of_a_query_table_is_found(known: str, text: str, told: str) -> None:
    assert faults(known, text) == [told]
