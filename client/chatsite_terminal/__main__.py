"""Runs the terminal client: `python -m chatsite_terminal`."""

import sys

from chatsite_terminal.main import main

if __name__ == "__main__":
    sys.exit(main())
