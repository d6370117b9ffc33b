"""Uploads over HTTP (core contract, 3.4). Views hold no logic: services and selectors do."""
