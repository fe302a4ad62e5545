"""The text by which people filter tasks, such as `is:open category:Returns due:<=today leaflets`."""
