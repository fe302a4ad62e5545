"""Settings of batches that are checked with the types that there are."""

from pathlib import Path

import pytest

from dragoman.runtime.application import Application
from dragoman.settings import BadSettings, load
from tests.support.world import ExclusiveCommand


def test_a_policy_for_a_type_that_does_not_exist_is_refused_with_its_place() -> None:
    given = {"DRAGOMAN_DATABASE": "sqlite://", "DRAGOMAN_BATCH_POLICY": '[{"types": ["task"]}, {"types": ["tsak"]}]'}
    with pytest.raises(BadSettings, match=r"^batch\.policy\[1\]\.types: 'tsak' is not a type of batches: .*, task\.$"):
        Application(load(environ=given))


def test_commands_see_the_terms_of_the_operator(tmp_path: Path) -> None:
    given = {"DRAGOMAN_DATABASE": f"sqlite:///{tmp_path}/d.db", "DRAGOMAN_BATCH_REVIEW_DAYS": "7"}
    app = Application(load(environ=given | {"DRAGOMAN_BATCH_POLICY": '[{"approvals": 2}]'})).open()
    try:
        terms = app.executor.call(lambda uow, _: uow.terms, ExclusiveCommand(), app.identity.main_tenant or 0)
        assert (terms.review_days, terms.images_days) == (7, 30)
        assert [rule.approvals for rule in terms.policies] == [2]
    finally:
        app.close()
