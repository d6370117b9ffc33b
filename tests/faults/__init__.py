"""Processes die, hang and meet again: the rules of the platform contract, section 4."""
