"""Videos: making them, following their jobs, publishing, removing."""
