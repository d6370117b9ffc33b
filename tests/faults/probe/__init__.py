"""An app with one kind of job."""
