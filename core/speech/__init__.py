"""Engines that turn speech into text, and what is made of it. They know nothing of Django.

`sound.decode` makes the WAV file that `registry.make_backend(name, options).transcribe` listens to;
`subtitles` writes what came of it. Importing this package loads no engine.
"""
