"""The site's check itself can fail."""

from pathlib import Path

import pytest

from tools.build_site import loads_from_elsewhere


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/a.js"></script>',
        '<link rel="stylesheet" href="//fonts.example/css">',
        '<img src="http://example.com/a.png">',
    ],
)
def test_what_a_page_loads_from_elsewhere_is_found(html: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(html)
    assert len(list(loads_from_elsewhere(tmp_path))) == 1


def test_what_a_style_loads_from_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text(
        '@import "https://fonts.example/css"; a { background: url(https://x.example/a.png) }'
    )
    assert len(list(loads_from_elsewhere(tmp_path))) == 2


def test_links_and_own_files_are_no_loads(tmp_path: Path) -> None:
    page = (
        '<a href="https://example.com">x</a><script src="a.js"></script><link rel="canonical" href="https://a.example">'
    )
    (tmp_path / "page.html").write_text(page)
    assert not list(loads_from_elsewhere(tmp_path))
