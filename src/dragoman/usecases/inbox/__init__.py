"""What people see of tasks in lists: filters as they type them, lists, counts, views that they save."""
