"""Write what was found to the tables of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from neurotui.store.describers import IN_TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from neurotui.describe.descriptors import Descriptors
    from neurotui.describe.token_evidence import TokenDescriptors
    from neurotui.store.writer import Writer

WRITTEN = ("meta", "phrases", "descriptors", "text_descriptors", "token_descriptors", "matches")
"""The tables that a description replaces; whatever else a run holds is copied as it is."""


def write_text_descriptors(
    writer: Writer,
    descriptors: Descriptors,
    phrases: Sequence[tuple[str, ...]],
    text_ids: NDArray[np.int32],
    calibration: NDArray[np.bool_],
    backend: str,
) -> None:
    """Write the text descriptors, which texts hold them, and the phrases that they were made from."""
    holds = descriptors.holds
    writer.append(
        "descriptors",
        pa.table(
            {
                "descriptor_id": pa.array(range(len(descriptors.names)), pa.int32()),
                "scope": pa.array(["text"] * len(descriptors.names), pa.string()),
                "kind": pa.array(["topic"] * len(descriptors.names), pa.string()),
                "name": pa.array(descriptors.names, pa.string()),
                "backend": pa.array([backend] * len(descriptors.names), pa.string()),
                "calibration": holds[calibration].sum(axis=0).astype(np.int32),
                "validation": holds[~calibration].sum(axis=0).astype(np.int32),
            }
        ),
    )
    rows, columns = np.nonzero(holds)
    writer.append(
        "text_descriptors", pa.table({"text_id": text_ids[rows], "descriptor_id": columns.astype(np.int32)})
    )
    said = [(text, phrase) for text, all_said in zip(text_ids, phrases, strict=True) for phrase in all_said]
    writer.append(
        "phrases",
        pa.table(
            {
                "text_id": pa.array([text for text, _ in said], pa.int32()),
                "phrase": pa.array([phrase for _, phrase in said], pa.string()),
                "descriptor_id": pa.array([descriptors.ids.get(phrase) for _, phrase in said], pa.int32()),
            }
        ),
    )


def write_token_descriptors(writer: Writer, found: TokenDescriptors, first: int) -> None:
    """Write the token descriptors, whose ids begin at `first`, and the places at which they hold."""
    features, learned = found.features, found.evidence.learned
    rows = [feature.rows[feature.rows < len(learned)] for feature in features]
    ids = np.arange(first, first + len(features), dtype=np.int32)
    writer.append(
        "descriptors",
        pa.table(
            {
                "descriptor_id": ids,
                "scope": pa.array(["token"] * len(features), pa.string()),
                "kind": pa.array([feature.kind for feature in features], pa.string()),
                "name": pa.array([feature.name for feature in features], pa.string()),
                "backend": pa.array([IN_TEXTS] * len(features), pa.string()),
                "calibration": np.array([learned[own].sum() for own in rows], np.int32),
                "validation": np.array([(~learned[own]).sum() for own in rows], np.int32),
            }
        ),
    )
    place = np.concatenate([np.empty(0, np.int64), *rows])
    column = np.repeat(ids, [len(own) for own in rows])
    order = np.lexsort((column, place))
    writer.append(
        "token_descriptors",
        pa.table({"place": place[order].astype(np.int32), "descriptor_id": column[order]}),
    )


def write_matches(writer: Writer, matched: Iterable[dict[str, NDArray[np.generic]]]) -> int:
    """Write the matches, block by block, as they are found; return how many neurons are described."""
    described = 0
    for columns in matched:
        writer.append("matches", pa.table(columns))
        described += int((columns["described"].astype(bool) & (columns["rank"] == 0)).sum())
    return described
