"""A data set to publish: a folder with the labels as Parquet, and a card that says what they are.

The head of the card is what the Hugging Face hub reads; its licence is left for whoever publishes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.exchange import parquet
from neurotui.exchange.datasheet import datasheet_of
from neurotui.exchange.spec import FormatSpec
from neurotui.sanitize import visible
from neurotui.wording import counted, together

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from neurotui.exchange.datasheet import Datasheet
    from neurotui.exchange.rows import LabelRows

_TABLE, _CARD = "labels.parquet", "README.md"
# How the hub calls sizes, each with what lies below it.
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def write(rows: LabelRows, folder: Path) -> int:
    """Write the table and the card; return how many labels they hold."""
    labels = list(rows)
    with (folder / _TABLE).open("wb") as table:
        count = parquet.write(labels, table)
    sheet = datasheet_of(rows, labels)
    (folder / _CARD).write_text(_head(sheet) + _body(sheet, rows), "utf-8")
    return count


def _head(sheet: Datasheet) -> str:
    size = next((name for below, name in _SIZES if sheet.labels < below), "n>1M")
    return f"""---
# Fill in the licence under which you publish, as in: cc-by-4.0
license:
pretty_name: {_quoted(" ".join(visible(sheet.name).split()))}
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


def _body(sheet: Datasheet, rows: LabelRows) -> str:
    facts = {
        "labels": f"{sheet.labels:,} {sheet.state}",
        "version": sheet.version,
        "model": sheet.model,
        "weights": sheet.weights,
        "data set": f"{sheet.data_set}, {counted(sheet.texts, 'text')}" if sheet.data_set else "",
        "texts' hash": sheet.texts_hash,
        "described by": ", ".join(sheet.describers),
        "run made": rows.run.meta.get("created", ""),
    }
    return f"""
# {_cell(visible(sheet.name))}

What people say that single neurons of a language model respond to, with the machine's evidence: one row a neuron,
in `{_TABLE}`.

{_table("what", "", {name: value for name, value in facts.items() if value})}
## By layer

{_table("layer", "labels", {str(layer): count for layer, count in sheet.layers.items()})}
## By annotator

{_table("annotator", "neurons", sheet.annotators)}
## By who wrote the label

{_table("origin", "labels", sheet.origins)}
## What was hidden from whoever decided

{_table("hidden", "decisions", sheet.hidden)}
## Where several people decided

{_table("neurons in the whole journal", "", _agreement(rows))}
{_coefficients(sheet)}## Columns

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


def _coefficients(sheet: Datasheet) -> str:
    """Return how far people agree beyond chance, with 95 % intervals; "" where there is nothing to compare."""
    told = {
        f"{together(one.annotators)}, {one.level}, {measure}": f"{figure.value:.2f} ({figure.lower:.2f} to "
        f"{figure.upper:.2f}), {counted(figure.of, 'neuron')}"
        for one in sheet.agreement
        for measure, figure in one.figures()
        if figure.value is not None
    }
    return _table("agreement", "95 % interval", told) + "\n" if told else ""


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
