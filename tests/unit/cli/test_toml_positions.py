"""The line of each table and key of a TOML file."""

from dragoman.usecases.tasks.toml_positions import lines_of


def test_tables_and_keys_have_the_line_they_begin_on() -> None:
    text = """\
top = 1
[a]
list = ["x", # a comment with [brackets
 "y"]
'b.c'.d = '''
[e]
f = 1
'''
  [a.g]
  h = {i = 1}
"""
    assert lines_of(text) == {
        ("top",): 1,
        ("a",): 2,
        ("a", "list"): 3,
        ("a", "b.c"): 5,
        ("a", "b.c", "d"): 5,
        ("a", "g"): 9,
        ("a", "g", "h"): 10,
    }


def test_tables_of_an_array_are_counted_even_apart_from_each_other() -> None:
    text = "[[a]]\nx = 1\n[a.b]\ny = 1\n[c]\n[[a]]\n[[a.d]]\nz = 1\n"
    lines = lines_of(text)
    assert (lines["a", 0], lines["a", 0, "b", "y"]) == (1, 4)
    assert (lines["a", 1], lines["a", 1, "d", 0, "z"]) == (6, 8)


def test_windows_line_ends_count_once() -> None:
    assert lines_of("a = 1\r\n\r\nb = 2\r\n") == {("a",): 1, ("b",): 3}
