"""`python -m neurotui` is the `neurotui` command."""

import os
import sys

if __name__ == "__main__":
    # Python looks for modules in the present folder first, where a stranger's may lie beside a run: not so here,
    # unless neurotui itself lies there. Nothing else is imported before.
    if not sys.flags.safe_path and sys.path[0] != os.path.dirname(os.path.dirname(os.path.abspath(__file__))):  # noqa: PTH100, PTH120
        del sys.path[0]
    from neurotui.cli import main

    sys.exit(main())
