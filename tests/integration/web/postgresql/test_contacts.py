"""Contacts, cases and schemas on PostgreSQL."""

from tests.integration.web.test_contacts import (  # noqa: F401 - run here once more
    anna,
    bert,
    test_a_case_shows_stages_with_their_tasks_and_its_history,
    test_a_change_merges_with_that_of_another_field_and_clashes_over_the_same,
    test_a_contact_has_its_id_in_each_dialect_and_all_that_was_sent_of_it,
    test_a_contact_is_made_and_a_fault_keeps_what_was_typed,
    test_a_note_on_a_case_stands_in_its_changes,
    test_a_note_stands_in_the_journey_as_text,
    test_a_schema_is_made_from_rows_shown_and_deleted_by_its_name,
    test_an_empty_list_says_so_and_leads_to_the_next_thing,
    test_contacts_are_found_by_words_and_read_page_by_page,
    test_the_journey_calls_values_as_people_do,
    test_the_journey_shows_all_dialects_and_is_narrowed_by_links,
    test_what_one_may_not_see_is_like_what_is_not_there,
)
from tests.integration.web.test_schema_versions import (  # noqa: F401 - run here once more
    test_a_version_is_saved_once_and_not_over_another,
    test_two_versions_are_compared_line_by_line,
    test_what_would_break_is_shown_before_a_version_is_saved,
)
