"""Signed calls to addresses that users gave: what is to be sent, and how it was signed."""
