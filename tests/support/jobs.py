"""A kind of job that only tests have."""

from typing import cast

from dragoman.domain.job import JobKind

TEST_JOB = cast(JobKind, "test.work")
