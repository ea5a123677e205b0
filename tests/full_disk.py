"""A disk that is full, for tests of what writes files."""

import resource
from contextlib import contextmanager


@contextmanager
def full_disk(room):
    """Let no file grow beyond so many bytes: a write fails in the middle, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
