"""A data set to publish: a folder with the labels as Parquet, and a card that says what they are.

The head of the card is what the Hugging Face hub reads; its licence is left for whoever publishes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from neurotui.exchange import parquet
from neurotui.exchange.model_names import last_part
from neurotui.exchange.spec import FormatSpec
from neurotui.spelling import compared
from neurotui.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from neurotui.exchange.record import LabelRow
    from neurotui.exchange.rows import LabelRows

_TABLE, _CARD = "labels.parquet", "README.md"
_VERSION = 12
_HIDDEN: dict[str, str] = {
    "": "nothing",
    "people": "other people's labels",
    "machine": "the machine's candidates",
    "both": "both",
}
# How the hub calls sizes, each with what lies below it.
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def write(rows: LabelRows, folder: Path) -> int:
    """Write the table and the card; return how many labels they hold."""
    labels = list(rows)
    with (folder / _TABLE).open("wb") as table:
        count = parquet.write(labels, table)
    said = (answer for row, *_ in rows.by_neuron() for answer in rows.answers(row))
    counts = Counter(compared(answer.by) for answer in said if rows.state in {answer.state, "conflict"})
    answers = {name: counts[compared(name)] for name in rows.labels.annotators() if compared(name) in counts}
    card = _head(rows.run.model, count) + _body(rows, labels, answers)
    (folder / _CARD).write_text(card, "utf-8")
    return count


def version_of(rows: Sequence[LabelRow]) -> str:
    """Return what names this state of the labels: a hash of neurons, labels, people and times."""
    digest = hashlib.sha256()
    for row in rows:
        said = (row.neuron, row.state, row.label, row.annotator, row.time, row.note)
        digest.update("\0".join(said).encode("utf-8", "replace") + b"\n")
    return digest.hexdigest()[:_VERSION]


def _head(model: str, count: int) -> str:
    size = next((name for below, name in _SIZES if count < below), "n>1M")
    return f"""---
# Fill in the licence under which you publish, as in: cc-by-4.0
license:
pretty_name: {_quoted(f"Labels of neurons of {last_part(model)}")}
tags:
- interpretability
- neurons
- neurotui
size_categories:
- {size}
configs:
- config_name: default
  data_files: {_TABLE}
---
"""


def _body(rows: LabelRows, labels: Sequence[LabelRow], answers: Mapping[str, int]) -> str:
    meta = rows.run.meta
    texts = sum(int(meta.get(f"texts_{split}", 0)) for split in ("calibration", "validation"))
    facts = {
        "labels": f"{len(labels):,} {rows.state}",
        "version": version_of(labels),
        "model": rows.run.model,
        "weights": rows.run.weights,
        "data set": f"{Path(meta['texts_path']).name}, {counted(texts, 'text')}" if "texts_path" in meta else "",
        "texts' hash": meta.get("texts_hash", ""),
        "described by": meta.get("backend", ""),
        "run made": meta.get("created", ""),
    }
    layers = Counter(str(row.layer) for row in labels)
    origins = Counter(row.origin or "not said" for row in labels)
    hidden = Counter(_HIDDEN[row.blind] for row in labels)
    return f"""
# Labels of neurons of {last_part(rows.run.model)}

What people say that single neurons of a language model respond to, with the machine's evidence: one row a neuron,
in `{_TABLE}`.

{_table("what", "", {name: value for name, value in facts.items() if value})}
## By layer

{_table("layer", "labels", dict(sorted(layers.items(), key=lambda one: int(one[0]))))}
## By annotator

{_table("annotator", "labels", answers)}
## By who wrote the label

{_table("origin", "labels", dict(origins.most_common()))}
## What was hidden from whoever decided

{_table("hidden", "labels", dict(hidden.most_common()))}
## Where several people decided

{_table("neurons in the whole journal", "", _agreement(rows))}
## Columns

`neuron`, `layer` and `unit` say which one; `label` is what stands, `annotator` and `time` who decided it and when.
`sentence` says it in words. AUROC, its bounds and the correlations are those of the descriptor that the label
names, on the texts where it was found and on others; `fit` and `token_fit` are how well the label tells held-out
texts and tokens. Empty is unknown.

## Read it

```python
import pandas
labels = pandas.read_parquet("{_TABLE}")
```
"""


def _agreement(rows: LabelRows) -> dict[str, int]:
    """Return how many neurons two or more people accepted or rejected, and on how many of them they agree."""
    decided = {"accepted", "rejected"}
    several = [one for one in rows.labels.all() if sum(each.state in decided for each in one.each) > 1]
    settled = sum(one.settled for one in several)
    differ = sum(one.state == "conflict" for one in several)
    return {
        "two or more people": len(several),
        "they agree": len(several) - settled - differ,
        "they differed, and it was settled": settled,
        "they differ": differ,
    }


def _table(first: str, second: str, lines: Mapping[str, object]) -> str:
    """Return a table in Markdown; nothing a person typed ends a cell or a line."""
    rows = [(first, second), ("---", "---"), *((_cell(name), _cell(value)) for name, value in lines.items())]
    return "".join(f"| {name} | {value} |\n" for name, value in rows)


def _cell(value: object) -> str:
    text = " ".join(str(value).encode("utf-8", "replace").decode().split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _quoted(text: str) -> str:
    """Return a text as YAML holds it in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


SPEC = FormatSpec(name="dataset", suffixes=(".dataset",), write=write, mode="folder", of_others=True)
