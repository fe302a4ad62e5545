"""Every change takes effect once under an Idempotency-Key, whatever its dialect: DESIGN.md 4."""

from tests.support.operation_rows import DIALECTS

WITHOUT = {
    ("genesys", "profile.delete"),  # in portions, each of which is a transaction; gone is gone
    ("genesys", "service.purge"),
    ("onlyoffice_crm", "authentication.login"),  # its reply is a secret
    ("onlyoffice_crm", "batch.run"),  # each call of it has a key of its own
    ("onlyoffice_crm", "batch.read"),
}


def test_every_operation_that_changes_anything_honours_the_key() -> None:
    changes = {(dialect.name, row.name): row for dialect in DIALECTS for row in dialect.operations if row.writes}
    assert {name for name, row in changes.items() if not row.is_idempotent_by_key} == WITHOUT


def test_no_operation_that_only_reads_stores_its_reply() -> None:
    reads = [row for dialect in DIALECTS for row in dialect.operations if not row.writes]
    assert reads
    assert not any(row.is_idempotent_by_key for row in reads)
