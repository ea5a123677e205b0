"""The results of a probe as sentences, the same in commands and in the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.exemplar_kinds import KINDS

if TYPE_CHECKING:
    from neurotui.probing.questions import Probed, Rank, Response, Silenced


def bare(piece: str) -> str:
    """Return a token without the space beside its word; one that is only space as it is."""
    return piece.strip() or piece


def compared(response: Response) -> list[str]:
    """Return sentences that compare a neuron's response with the run's texts and with its exemplars."""
    pooled = f"pooled {response.pooled:.3f}: above {response.percentile:.1f}% of the run's {response.of:,} texts"
    return [pooled, *map(_ranked, response.ranks)]


def diverged(probed: Probed, silenced: Silenced) -> str:
    """Return how far the model's output differs from that with the neuron; may contain unsanitised probe text."""
    without = f"{condition(silenced)} {_place(probed, silenced)}"
    if not silenced.head:
        return (
            f"{without}, the text's mean-pooled embedding moves by {silenced.distance:.2e} in cosine distance;"
            " the checkpoint has no language-model head to ask"
        )
    where = "after the text"
    if silenced.head == "masked":
        token = bare(probed.tokens[silenced.position].piece)
        where = f"in the place of '{token}', hidden by a mask" if silenced.hidden else "at the mask"
    return f"{without}, what the model says {where} diverges by {silenced.bits:.3g} bits; 0 is no change"


def condition(silenced: Silenced) -> str:
    """Return what was done to the neuron: ``without L3.797``, or ``with L3.797 times 5``."""
    if silenced.scale == 0:
        return f"without {silenced.neuron}"
    return f"with {silenced.neuron} times {silenced.scale:g}"


def beside_others(silenced: Silenced) -> str:
    """Return a comparison with random neurons of the layer, changed by as much; "" if there are none."""
    others = silenced.others
    if others is None:
        return ""
    median = f"{others.median:.3g} bits" if silenced.head else f"{others.median:.2e}"
    return (
        f"that is further than for {others.below} of {others.of} random neurons of its layer, changed by as"
        f" much there: their median is {median}"
    )


def _place(probed: Probed, silenced: Silenced) -> str:
    if silenced.changed is None:
        return "at every token"
    return f"at '{bare(probed.tokens[silenced.changed].piece)}', where it peaks"


def _ranked(rank: Rank) -> str:
    what, kind = ("lowest" if rank.kind == "bottom" else "peak"), KINDS[rank.kind].among
    value = f"{what} {rank.value:.3f}"
    # Of the other kinds the exemplars are in order of what they are kept for: a place among them says more.
    if rank.kind not in {"top", "bottom"}:
        beyond = {0.0: "below all", 100.0: "above all"}.get(rank.percentile)
        return f"{value}: {beyond or f'above {rank.percentile:.1f}% of'} {rank.of} {kind}"
    if rank.rank > rank.of:
        beyond = "above" if rank.kind == "bottom" else "below"
        return f"{value}: {beyond} all {rank.of} of {kind}"
    return f"{value}: would be number {rank.rank} of {kind} ({rank.of})"
