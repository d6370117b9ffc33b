#!/usr/bin/env python
"""Run Django's command line with the platform's settings."""

import os
import sys

from backend.command_line import main

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    sys.exit(main(sys.argv))
