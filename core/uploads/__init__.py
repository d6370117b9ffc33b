"""Uploads: files people hand in, and the text that is read from them."""
