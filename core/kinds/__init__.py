"""The kinds of job that core brings along."""
