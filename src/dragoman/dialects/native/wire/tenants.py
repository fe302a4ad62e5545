"""What clients send and see of the tenant itself."""

from typing import Annotated

from msgspec import Meta

from dragoman.domain.batch_policy import Rule

MOST_POLICIES = 50

Policies = Annotated[list[Rule], Meta(max_length=MOST_POLICIES)]
"""Policies of batches, all of which count."""
