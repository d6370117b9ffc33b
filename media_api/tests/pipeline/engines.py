"""An engine as a deployment adds one: it thinks for a while and says nothing meanwhile."""

import time

THINKS_FOR_S = 2.0


class Thinker:
    """Summarises by its first sentence."""

    name = "thinker"

    def __init__(self, options):
        self.options = options

    def check(self):
        """Is always ready."""

    def summarize(self, text, *, model, on_progress, should_stop):
        time.sleep(THINKS_FOR_S)
        return text.split(".")[0] + "."
