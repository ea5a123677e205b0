"""The terminal app: screens and widgets on top of ``review``, which works without a screen."""

import os

# By default Textual draws sixty times a second, and showing the effect of a key takes two or three frames.
os.environ.setdefault("TEXTUAL_FPS", "240")
