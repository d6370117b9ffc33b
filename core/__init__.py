"""The kernel that all apps share, and the accounts and uploads domain."""
