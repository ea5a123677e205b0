"""Read why a server gave no reply: from a status and a body, in whichever of the usual shapes it puts an error.

Which statuses are worth another try is said here; ``http_client.py`` tries again and waits.
"""

from __future__ import annotations

import json
import math
import re
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from neurotui.backends.llm.outcome import ELSEWHERE, HINTS, LIMITED, NO_COMPLETION, QUOTED, ReplyProblem, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

_LATER = frozenset({408, 409, 425, LIMITED})
_FIRST_OF_ITS_OWN_FAULTS = 500
_NO_MONEY = "insufficient_quota"
# What a further request would meet as well.
_FINAL = frozenset({401, 402, 403, 404}) | ELSEWHERE
# What may be put down to the texts that were sent: others may pass.
_OF_THE_TEXTS = frozenset({400, 413, 422})
_TOO_LARGE = 413
# How servers say that texts are too long for the model, and that they do not let a text through.
_LONG = re.compile(
    r"context.{0,20}(?:size|length|window|limit)|(?:size|length|window).{0,12}exceed|too (?:long|many tokens)"
    r"|exceed\w*.{0,40}(?:context|tokens)|(?:prompt|input|request).{0,30}(?:exceeds|is longer|too large)"
)
_FILTERED = re.compile(
    r"content.?(?:filter|management|policy)|filtered|moderation|inappropriate|safety|flagged|inspection"
)
# How they say that a reply may not have as many tokens as it was given.
_LIMIT = r"max_(?:completion_|new_|output_)?tokens|(?:completion|output) tokens"
_BOUND = r"too (?:large|high|big|many)|at most|maximum|exceeds?|less than|<=|between|no more than|up to"
_TOO_MANY = re.compile(f"(?:{_LIMIT}).{{0,120}}(?:{_BOUND})|(?:{_BOUND}).{{0,120}}(?:{_LIMIT})", re.DOTALL)
_NO_KEY = re.compile(
    r"(?:invalid|incorrect|missing|no) api.?key|api.?key (?:is )?(?:not|in)\s?valid|api_key_invalid"
)
_RETRY = re.compile(r"(?:try again|retry) (?:in|after) (?:about )?([0-9.]{1,9})\s*(ms|m|s|minutes?|seconds?)?\b")
_RETRY_FIELD = re.compile(r'"retrydelay": ?"([0-9.]{1,9})s"')
# Longer than anybody waits, and short enough to be said.
_LONGEST_WAIT = 30 * 86_400.0
_DEEPEST = 4


def read_refusal(status: int, headers: Mapping[str, str], body: str) -> ReplyProblem:
    """Return what a response that is no success says."""
    found = loaded(body)
    said = said_in(found) if found is not None else body
    whole = f"{said} {_fields_in(found)}".lower()[: 100 * QUOTED]
    broke = _NO_MONEY in whole
    no_key = _NO_KEY.search(whole) is not None
    too_many = status in _OF_THE_TEXTS and _TOO_MANY.search(whole) is not None
    long = status == _TOO_LARGE or (not too_many and status in {400, 422, 500} and _LONG.search(whole) is not None)
    filtered = status in _OF_THE_TEXTS and _FILTERED.search(whole) is not None
    return ReplyProblem(
        status,
        one_line(f"the server answered {status}{': ' if said else ''}{said}"),
        seconds_to_wait(headers, body),
        again=not broke and not long and (status in _LATER or status >= _FIRST_OF_ITS_OWN_FAULTS),
        final=broke or no_key or status in _FINAL,
        whole=whole,
        of_the_texts=not no_key and (long or filtered or status in _OF_THE_TEXTS),
        too_long=long,
        certain=long or filtered or no_key or broke,
        too_many=too_many,
        hint=HINTS[401] if no_key else "",
    )


def seconds_to_wait(headers: Mapping[str, str], body: str = "") -> float:
    """Return what a server asks to wait, in seconds: by a header that is a number or a date, or in its words."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        asked = headers.get(name, "")
        try:
            wait = float(asked) * unit
        except ValueError:
            try:
                wait = parsedate_to_datetime(asked).timestamp() - time.time()
            except (ValueError, TypeError, OverflowError):
                continue
        return min(max(wait, 0.0), _LONGEST_WAIT) if math.isfinite(wait) else 0.0
    said = body[: 100 * QUOTED].lower()
    found = _RETRY_FIELD.search(said) or _RETRY.search(said)
    if found is None:
        return 0.0
    unit = {"ms": 0.001, "m": 60.0}.get((found[2] or "s")[:7] if found.re is _RETRY else "s", 1.0)
    try:
        return min(float(found[1]) * unit, _LONGEST_WAIT)
    except ValueError:
        return 0.0


def code_of(error: object) -> int:
    """Return the status that an error names for itself; that of no completion where it names none."""
    for name in ("code", "status", "status_code"):
        code = error.get(name) if isinstance(error, dict) else None
        code = int(code) if isinstance(code, str) and re.fullmatch("[45][0-9]{2}", code) else code
        if isinstance(code, int) and 400 <= code < 600:  # noqa: PLR2004 - what HTTP has for errors
            return code
    return NO_COMPLETION


def said_in(found: object, deep: int = 0) -> str:
    """Return the words of an error, in whichever of the usual shapes servers put it."""
    if isinstance(found, str):
        return found
    if deep > _DEEPEST:
        return ""
    if isinstance(found, list):
        return "; ".join(filter(None, (said_in(part, deep + 1) for part in found[:10])))
    if not isinstance(found, dict):
        return "" if found is None else str(found)
    if "loc" in found and "msg" in found:  # pydantic's, beside the whole of what was sent
        where = found["loc"]
        return f"{'.'.join(map(str, where)) if isinstance(where, list) else where}: {found['msg']}"
    told = (found.get(name) for name in ("error", "message", "detail", "msg", "title", "description"))
    return next((said for said in (said_in(part, deep + 1) for part in told if part) if said), "")


def _fields_in(found: object, deep: int = 0) -> str:
    """Return the short fields of an error in which its kind stands: codes, types, names of parameters."""
    if deep > _DEEPEST:
        return ""
    if isinstance(found, list):
        return " ".join(_fields_in(part, deep + 1) for part in found[:10])
    if not isinstance(found, dict):
        return ""
    own = [str(found[name]) for name in ("code", "type", "status", "reason", "param") if name in found]
    inner = [_fields_in(part, deep + 1) for name, part in found.items() if name != "input"]
    return " ".join(filter(None, [*(one[:QUOTED] for one in own), *inner]))


def loaded(body: str) -> object:
    """Return the JSON that a body is; None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
