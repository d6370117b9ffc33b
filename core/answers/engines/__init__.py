"""Engines that answer questions about a text: its own passages, or an HTTP server's words."""
