"""What stops a set-up."""


class SetupImpossible(Exception):  # noqa: N818 - it is shown to people, as one line
    """The set-up cannot go on; the text says in one line what to do."""
