"""The terminal app: one front end of functions that a script can call as well."""

import os

# Textual draws sixty times a second unless told otherwise, and what a key changes takes it two or three times.
os.environ.setdefault("TEXTUAL_FPS", "240")
