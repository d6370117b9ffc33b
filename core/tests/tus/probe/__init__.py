"""An app that brings a purpose of its own."""
