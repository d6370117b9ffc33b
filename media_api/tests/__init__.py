"""Tests of the Media API."""
