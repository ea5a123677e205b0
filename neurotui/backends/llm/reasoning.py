"""Tell a model's answer from the reasoning that it wrote around it.

Models mark their reasoning in many ways, and servers strip some of the marks: an end without a beginning is as
common as both. What stands in a whole JSON value is no mark, so that a phrase may speak of ``</think>``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES = (
    r"(?:\w{1,12}:)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|analysis|reflection|scratch_?pad|(?:inner_)?monologue"
    r"|deliberation|chain_of_thought|cot|planning|draft)"
)
_END = "|".join(
    (
        rf"[<\[\N{{WHITE LEFT-POINTING TRIANGLE}}]\|?/{_NAMES}\|?[>\]\N{{WHITE RIGHT-POINTING TRIANGLE}}]",
        rf"<\|end_(?:of_)?{_NAMES}\|>",
        r"<\|?channel\|?>\s*final\b[^<{\[]{0,40}(?:<\|constrain\|>\w{0,20})?(?:<\|message\|>)?",
        r"<channel\|>",
        # The same, of which a server took out the marks and left the words.
        r"assistant\s?final(?![a-z])",
        r"<\|(?:begin|start)_(?:of_)?(?:answer|solution|response)\|>|<(?:final_?)?(?:answer|response|solution)>",
        r"\.\.\.\s?done thinking\.",
    )
)
_BEGINNING = "|".join(
    (
        rf"[<\[\N{{WHITE LEFT-POINTING TRIANGLE}}]\|?{_NAMES}\|?[>\]\N{{WHITE RIGHT-POINTING TRIANGLE}}]",
        rf"<\|(?:begin|start)_(?:of_)?{_NAMES}\|>",
        r"<\|?channel\|?>\s*(?:analysis|commentary|thought)",
        r"\A\s*analysis(?=(?-i:[A-Z]))",
        r"\A\s*thinking\.\.\.",
    )
)
_MARK = re.compile(f"(?P<end>{_END})|(?:{_BEGINNING})", re.IGNORECASE)


def without_reasoning(text: str, values: Sequence[tuple[int, int]] = ()) -> str:
    """Return what stands outside a model's reasoning; nothing where the reasoning does not end.

    All that comes before an end without a beginning is reasoning. `values` are the places (from, to) of whole JSON
    values, in order: a mark within one is none.
    """
    kept: list[str] = []
    inside = False
    last = 0
    within = iter([*values, (len(text) + 1, len(text) + 1)])
    start, end = next(within)
    for mark in _MARK.finditer(text):
        while end <= mark.start():
            start, end = next(within)
        if start <= mark.start():
            continue
        if mark["end"] is None:
            if not inside:
                kept.append(text[last : mark.start()])
            inside = True
        else:
            if not inside:
                kept.clear()
            inside, last = False, mark.end()
    if not inside:
        kept.append(text[last:])
    return "\n".join(kept)
