"""What a disk refuses, as errors that say which file it was and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
from safetensors import SafetensorError

from neurotui.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn disk errors into a ``UserError``, including those that arrow and safetensors raise differently."""
    try:
        yield
    except (OSError, pa.ArrowException, SafetensorError) as error:
        raise UserError(
            f"'{path}' could not be written: {first_line(error)}",
            f"is there room on the disk? df -h '{path.parent}' tells; what is finished is kept",
        ) from error


def first_line(error: Exception) -> str:
    """Return the first line of what an error says, or the disk's own reason."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(reason).splitlines()[0].lower()
