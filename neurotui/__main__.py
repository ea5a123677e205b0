"""`python -m neurotui` is the `neurotui` command."""

import sys

from neurotui.cli import main

if __name__ == "__main__":
    sys.exit(main())
