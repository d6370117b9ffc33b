"""Kinds of job that leave traces."""
