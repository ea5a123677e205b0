"""A data set to publish: a folder with the labels as Parquet, a card that says what they are, and the datasheet.

The head of the card is what the Hugging Face hub reads; its licence is left for whoever publishes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from neurotui.exchange import parquet
from neurotui.exchange.datasheet import datasheet_of
from neurotui.exchange.spec import FormatSpec
from neurotui.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neurotui.exchange.datasheet import Datasheet
    from neurotui.exchange.rows import LabelRows

_TABLE, _CARD, _SHEET = "labels.parquet", "README.md", "datasheet.json"
# How the hub calls sizes, each with what lies below it.
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def write(rows: LabelRows, folder: Path) -> int:
    """Write the table, the card and the datasheet; return how many labels they hold."""
    labels = list(rows)
    with (folder / _TABLE).open("wb") as table:
        count = parquet.write(labels, table)
    sheet = datasheet_of(rows, labels)
    (folder / _SHEET).write_text(json.dumps(sheet.record(), indent=2) + "\n", "utf-8")
    (folder / _CARD).write_bytes((_head(sheet) + _body(sheet)).encode("utf-8", "replace"))
    return count


def _head(sheet: Datasheet) -> str:
    size = next((name for below, name in _SIZES if sheet.labels < below), "n>1M")
    return f"""---
# Fill in the licence under which you publish, as in: cc-by-4.0
license:
pretty_name: {json.dumps(sheet.name)}
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


def _body(sheet: Datasheet) -> str:
    facts = {
        "labels": f"{sheet.labels:,} {sheet.state}, of {counted(sheet.neurons, 'neuron')}",
        "version": sheet.version,
        "model": sheet.model,
        "weights": sheet.weights,
        "data set": f"{sheet.data_set}, {counted(sheet.texts, 'text')}" if sheet.data_set else "",
        "texts' hash": sheet.texts_hash,
        "described by": ", ".join(sheet.describers),
        "decided": " to ".join(dict.fromkeys(filter(None, (sheet.first, sheet.last)))),
        "people differed, and it was settled": sheet.settled,
        "neurons still in conflict": sheet.conflicts,
    }
    return f"""
# {_cell(sheet.name)}

What people say that single neurons of a language model respond to, with the machine's evidence: one row a label,
in `{_TABLE}`. `{_SHEET}` has the facts of this page for programs.

{_table("what", "", {name: value for name, value in facts.items() if value})}
{_section("Labels by layer", "layer", sheet.layers)}\
{_section("Decisions by annotator", "annotator", sheet.annotators)}\
{_section("Labels by who wrote them", "origin", sheet.origins)}\
{_section("Decisions by what was hidden from the annotator", "hidden", sheet.hidden)}\
{_agreement(sheet)}\
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


def _section(title: str, first: str, counts: Mapping[str, int] | Mapping[int, int]) -> str:
    """Return a heading with a table of counts; nothing where there are none."""
    return f"## {title}\n\n{_table(first, 'how many', counts)}\n" if counts else ""


def _agreement(sheet: Datasheet) -> str:
    """Return how far people agree, with intervals; nothing where there is nothing to compare."""
    titles, rows = sheet.agreement_table(places=3)
    if not rows:
        return ""
    lines = "".join(f"| {' | '.join(map(_cell, row))} |\n" for row in rows)
    return f"## How far people agree\n\n| {' | '.join(titles)} |\n{'| --- ' * len(titles)}|\n{lines}\n"


def _table(first: str, second: str, lines: Mapping[str, object] | Mapping[int, object]) -> str:
    """Return a table in Markdown; nothing a person typed ends a cell or a line."""
    rows = [(first, second), ("---", "---"), *((_cell(name), _cell(value)) for name, value in lines.items())]
    return "".join(f"| {name} | {value} |\n" for name, value in rows)


def _cell(value: object) -> str:
    text = " ".join(str(value).split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


SPEC = FormatSpec(name="dataset", suffixes=(".dataset",), write=write, mode="folder", of_others=True)
