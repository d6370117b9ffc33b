"""The media kernel: programs, paths and the type of files. It knows nothing of Django."""
