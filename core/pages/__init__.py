"""The dashboard's HTML: plain Django views behind a session login."""
