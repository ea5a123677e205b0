"""Whether two names are of one model: files of others name it, and do not know our hash of its weights."""

from __future__ import annotations

import re

from neurotui.models.packaged_models import PACKAGED_MODELS
from neurotui.spelling import compared

# Short names, ours and others', and what the hub calls the model.
_ALSO = {one.name: compared(one.hub_name) for one in PACKAGED_MODELS.values()} | {"gpt2-small": "gpt2"}


def same_model(one: str, other: str) -> bool:
    """Return whether two names end alike: folders and owners before the last part, and capitals, do not count."""
    return _last(one) == _last(other)


def last_part(name: str) -> str:
    """Return a model's name without the folders or the owner before it."""
    return re.split(r"[\\/]", name.strip().rstrip("\\/"))[-1]


def _last(name: str) -> str:
    last = compared(last_part(name))
    return _ALSO.get(last, last)
