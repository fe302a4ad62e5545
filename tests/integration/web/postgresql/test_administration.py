"""Administration on PostgreSQL."""

from tests.integration.web.test_administration import (  # noqa: F401 - run here once more
    anna,
    test_a_group_is_made_changed_filled_and_deleted,
    test_a_person_is_changed,
    test_a_person_is_made_and_chooses_a_password_by_a_link_that_is_shown_once,
    test_a_template_is_tried,
    test_a_token_is_made_shown_once_and_revoked,
    test_a_webhook_is_made_changed_and_its_secret_shown_once,
    test_categories_are_made_moved_and_deleted_with_their_tasks_moved,
    test_each_place_is_listed_and_drawn,
    test_links_sessions_and_aliases_of_a_person,
    test_names_are_given_to_people_with_the_tasks_that_carry_them,
    test_shared_views_are_listed_and_deleted,
    test_templates_are_loaded_from_a_file_or_a_text_and_faults_have_lines,
    test_the_tenant_is_changed,
    test_what_a_person_holds_is_listed_and_handed_over,
)
