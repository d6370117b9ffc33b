"""The dashboard's page of requests."""
