"""The pages of batches on PostgreSQL."""

from tests.integration.web.batches.test_lists import (  # noqa: F401 - run here once more
    test_a_filter_narrows_the_list_and_says_what_it_cannot_read,
    test_the_list_shows_what_became_of_each_batch,
)
from tests.integration.web.batches.test_review import (  # noqa: F401
    test_a_batch_made_by_one_is_approved_by_another,
    test_each_entry_shows_what_would_become_of_it,
    test_equal_changes_stand_together_and_lead_to_their_entries,
)
from tests.integration.web.batches.test_run import (  # noqa: F401
    test_a_batch_is_undone_after_a_question,
    test_failed_entries_are_retried_and_the_batches_name_each_other,
)
from tests.integration.web.batches.test_wizard_files import test_the_columns_of_a_file_become_a_batch  # noqa: F401
