"""Set-up: what `make run` and `make test` do before anything of ours is installed.

These files run under the system's Python, with its standard library alone. They are
called as `python3 -m bootstrap.setup` from within `backend`, since the package around
them needs what they are about to install.
"""
