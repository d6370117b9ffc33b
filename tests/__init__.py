"""Tests that span apps, and what all tests share."""
