"""Own settings on PostgreSQL."""

from tests.integration.web.test_profile import (  # noqa: F401 - run here once more
    bert,
    test_how_the_pages_are_is_chosen_and_kept,
    test_sessions_are_listed_and_ended,
    test_signing_out_everywhere_ends_all_sessions,
    test_the_address_of_another_is_refused,
    test_the_profile_is_changed,
    test_the_session_of_another_user_is_as_if_there_were_none,
    test_who_may_only_read_sees_no_act_and_can_do_none,
)
