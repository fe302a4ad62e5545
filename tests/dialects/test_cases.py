"""Every case of every dialect, sent to the real server on both engines."""

import pytest

from tests.dialects.cases import Found, find_cases
from tests.dialects.conftest import Serving
from tests.dialects.exchange import Exchange
from tests.support.tenant import Tenant


@pytest.mark.parametrize("found", find_cases(), ids=lambda found: found.id)
def test_case(found: Found, backend: str, serving: Serving) -> None:
    Exchange(Tenant(serving(backend, found.config)), found.case).play()
