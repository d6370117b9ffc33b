"""What `manage.py` does of our own."""
