"""Texts of statements as each driver takes them."""

from dragoman.store.engine.postgresql import with_numbers


def test_parameters_by_place_become_numbered_ones() -> None:
    assert with_numbers("SELECT a FROM t WHERE a = %s AND b LIKE '%%' || %s") == (
        "SELECT a FROM t WHERE a = $1 AND b LIKE '%' || $2"
    )
