"""`python -m medialoom`."""

import sys

from medialoom.cli import main

sys.exit(main())
