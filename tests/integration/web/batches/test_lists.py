"""The list of batches, and those that wait for a decision of the reader's."""

from dragoman.domain.access import Principal
from dragoman.usecases.batches import rows
from tests.integration.web.batches.conftest import Desk


def test_the_list_shows_what_became_of_each_batch(desk: Desk) -> None:
    ended = desk.batch([desk.task("Order tyres")["number"], 999], {"priority": 9}, review=False)
    waiting = desk.batch([desk.task("Sell tyres")["number"]], {"priority": 9}, title="Nine <for> all")
    page = desk.browser("bert").get("/ui/batches").text
    assert "<h1>Batches</h1>" in page
    assert f'<tr id="batch-{ended}" data-batch="{ended}" data-status="completed">' in page
    assert f'<tr id="batch-{waiting}" data-batch="{waiting}" data-status="pending_review">' in page
    assert "Completed, 1 failed" in page
    assert f'<a href="/ui/batches/{waiting}">Nine &lt;for&gt; all</a>' in page
    assert "2 of 2" in page
    assert "Carla" in page
    assert f'<a class="btn" href="?after={waiting}&amp;limit=25"' not in page


def test_a_stranger_sees_no_batch(desk: Desk) -> None:
    desk.batch([desk.task("Order tyres")["number"]], {"priority": 9})
    assert "No batches yet. Select tasks in a list and press b." in desk.browser("dora").get("/ui/batches").text


def test_what_waits_for_a_decision_comes_in_the_order_of_its_end(desk: Desk) -> None:
    number = desk.task("Order tyres")["number"]
    late = desk.batch([number], {"priority": 9}, review_expires_at="2027-03-01T00:00:00Z", policy={"approvals": 2})
    early = desk.batch([number], {"priority": 9}, review_expires_at="2026-12-24T00:00:00Z")
    desk.browser("bert")
    tenant = desk.tenant
    reviewer = Principal(tenant.key, tenant.uids["bert"], "bert", is_reviewer=True)

    def waiting(**after: object) -> rows.RowPage:
        command = rows.ToReview(limit=1_000, **after)  # type: ignore[arg-type]
        return tenant.server.app.executor.call(rows.to_review, command, tenant.key, principal=reviewer)  # type: ignore[no-any-return]

    found = [row.batch.number for row in waiting().rows]
    assert found.index(early) < found.index(late)
    place = next(row.batch.decision_due_at() for row in waiting().rows if row.batch.number == early)
    assert early not in [row.batch.number for row in waiting(after=(place, early)).rows]
    tenant.native("POST", f"/v1/batches/{late}/approve", {}, person="bert")
    assert late not in [row.batch.number for row in waiting().rows]


def test_a_filter_narrows_the_list_and_says_what_it_cannot_read(desk: Desk) -> None:
    browser = desk.browser("carla")
    ended = desk.batch([desk.task("Order tyres")["number"]], {"priority": 9}, review=False)
    waiting = desk.batch([desk.task("Sell tyres")["number"]], {"priority": 9})

    def found(query: str) -> list[int]:
        page = browser.get(f"/ui/batches?q={query}")
        assert page.status == 200, page.text
        return [number for number in (ended, waiting) if f'data-batch="{number}"' in page.text]

    assert found("status:completed") == [ended]
    assert found("-status:completed") == [waiting]
    assert found("status:completed,pending_review+is:mine+type:task+method:patch+created:today") == [ended, waiting]
    assert found("created:%3Ctoday") == []
    assert found(f"creator:{desk.tenant.login('bert')}") == []
    assert found(f"origin:{ended}") == []
    assert found("needs:me") == []
    faulty = browser.get("/ui/batches?q=stat:completed")
    assert faulty.status == 422
    assert "Unknown key" in faulty.text
    assert 'id="q-fault"' in faulty.text
    assert "<tbody" not in faulty.text
