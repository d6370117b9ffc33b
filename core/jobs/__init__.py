"""The job kernel: one table, one lifecycle, any kind of work."""
