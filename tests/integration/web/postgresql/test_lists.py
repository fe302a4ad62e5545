"""The inbox on PostgreSQL."""

from tests.integration.web.test_inbox import (  # noqa: F401 - run here once more
    anna,
    test_a_filter_narrows_a_list_and_chips_take_it_back,
    test_a_new_task_is_made_from_a_template,
    test_a_page_asks_the_database_a_bounded_number_of_times,
    test_a_view_is_saved_changed_shared_and_deleted,
    test_an_empty_list_says_what_each_term_alone_finds,
    test_each_list_shows_its_tasks_and_counts_stand_beside,
    test_keys_and_values_are_completed,
    test_pages_follow_each_other_and_lead_back,
    test_selected_tasks_are_completed_and_undone_as_one,
)
