"""One module for each command, named like it (``open_`` and ``import_`` for ``open`` and ``import``)."""
