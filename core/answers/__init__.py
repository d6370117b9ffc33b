"""Answers to questions about a text that was read. The engines know nothing of Django."""
