"""Accounts: what is refused comes first."""
