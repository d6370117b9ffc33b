"""Engines that make a long text short: by picking its sentences, or by asking a model."""
