"""The page of a task on PostgreSQL."""

from tests.integration.web.test_task_page import (  # noqa: F401 - run here once more
    anna,
    test_a_deleted_task_is_gone_and_has_its_history,
    test_a_large_task_takes_no_more_statements,
    test_five_thousand_changes_are_read_page_by_page,
    test_history_has_pages_and_words,
    test_messages_are_shown_as_text_and_saved_as_files,
)
