"""What rows of tasks show on every page: their columns, acts and due times."""
