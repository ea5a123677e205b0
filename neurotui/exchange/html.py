"""One self-contained web page of a curated set: cards with exemplars, searched in the page, without a network.

Texts of a data set and of people may be hostile: each is made visible and escaped before it is in the page. The
page's own policy lets nothing run, load or be sent but its one style sheet and its one script, told by their hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib.resources import files
from itertools import groupby
from typing import IO, TYPE_CHECKING

from neurotui.exchange.datasheet import datasheet_of
from neurotui.exchange.page_text import AROUND, exemplar_line, lines, text
from neurotui.exchange.spec import FormatSpec
from neurotui.spelling import compared
from neurotui.store.standing_label import answer
from neurotui.types import Neuron
from neurotui.wording import counted, together, with_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from neurotui.exchange.datasheet import Datasheet
    from neurotui.exchange.label_row import LabelRow
    from neurotui.exchange.rows import LabelRows
    from neurotui.types import Detail, Label, Output, State

_EXEMPLARS, _TOKENS = 6, 8
_TOKEN_LENGTH, _PEAKS_LENGTH = 40, 400
_UNKNOWN = "\N{EN DASH}"
_HIDDEN = {
    "nothing": "with nothing hidden",
    "people": "blind to other people's labels",
    "machine": "blind to the machine's candidates",
    "both": "blind to both people and machine",
}
_OWN_PART = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def write(rows: LabelRows, file: IO[str]) -> int:
    """Write the page, a card a neuron; return how many labels it holds."""
    labels = list(rows)
    sheet = datasheet_of(rows, labels)
    people = {compared(name): str(number) for number, name in enumerate(sheet.annotators)}
    template = files("neurotui.exchange").joinpath("page.html").read_text("utf-8")
    head, foot = template.split("{{cards}}")
    parts = {
        "csp": _policy(template),
        "title": text(sheet.name),
        "facts": _facts(sheet),
        "filters": _filters(sheet, rows, labels),
        "datasheet": json.dumps(sheet.record(), indent=1).replace("<", "\\u003c"),
    }
    file.write(_filled(head, parts))
    for neuron, own in groupby(labels, lambda row: Neuron(row.layer, row.unit)):
        of_neuron = list(own)
        file.write(_card(of_neuron, rows.labels.label(neuron), rows.detail(of_neuron[0]), people))
    file.write(_filled(foot, parts))
    return len(labels)


def _filled(template: str, parts: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: parts[place[1]], template)


def _policy(template: str) -> str:
    """Return the page's content security policy: nothing but the style and the script that the template holds."""
    allowed = [
        f"{kind}-src 'sha256-{base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()}'"
        for kind, inside in _OWN_PART.findall(template)
    ]
    return "; ".join(["default-src 'none'", *allowed, "base-uri 'none'", "form-action 'none'"])


def _facts(sheet: Datasheet) -> str:
    decided = " to ".join(dict.fromkeys(filter(None, (sheet.first, sheet.last))))
    data_set = f"{sheet.data_set}, {counted(sheet.texts, 'text')}" if sheet.data_set else ""
    hidden = ", ".join(f"{count:,} {_HIDDEN.get(what, what)}" for what, count in sheet.hidden.items())
    told = {
        "labels": f"{sheet.labels:,} {sheet.state}, of {counted(sheet.neurons, 'neuron')}",
        "version": sheet.version,
        "model": sheet.model,
        "weights": sheet.weights,
        "data set": data_set,
        "texts' hash": sheet.texts_hash,
        "described by": ", ".join(sheet.describers),
        "by layer": ", ".join(f"L{layer} {count:,}" for layer, count in sheet.layers.items()),
        "by annotator": ", ".join(f"{name} {count:,}" for name, count in sheet.annotators.items()),
        "decisions": ", ".join(filter(None, (decided, hidden))),
        "people differed": _differed(sheet),
        "written": sheet.written,
    }
    facts = "".join(f'<dt>{name}</dt><dd dir="auto">{text(value)}</dd>\n' for name, value in told.items() if value)
    note = (
        f"Each neuron has up to {_EXEMPLARS} texts, cut to about {AROUND} characters on either side of its peak. "
        "The deeper the colour and the thicker the line below, the farther the activation is from 0, orange above "
        "it and blue below; the peak is framed, and the number is the activation there."
    )
    return f'<dl>\n{facts}</dl>\n{_agreement(sheet)}<p class="muted">{note}</p>'


def _differed(sheet: Datasheet) -> str:
    settled = f"{counted(sheet.settled, 'label')} settled" if sheet.settled else ""
    open_ = f"{counted(sheet.conflicts, 'neuron')} still in conflict, not in this set" if sheet.conflicts else ""
    return ", ".join(filter(None, (settled, open_ if sheet.state != "conflict" else "")))


def _agreement(sheet: Datasheet) -> str:
    """Return a table of how far people agree, and why it may mean little; "" where there is nothing to compare."""
    titles, rows = sheet.agreement_table(places=2)
    if not rows:
        return ""
    head = "".join(f"<th>{name}</th>" for name in titles)
    body = "".join(f"<tr>{''.join(f'<td>{text(cell or _UNKNOWN)}</td>' for cell in row)}</tr>\n" for row in rows)
    found = sheet.agreement
    # The remarks are about all annotators together; the columns have the pairs.
    told = [
        f"{one.level}: {remark}"
        for one in found
        if one.annotators == found[0].annotators
        for remark in one.remarks
    ]
    remarks = f'<p class="muted" dir="auto">{text("; ".join(told))}</p>\n' if told else ""
    table = f'<div class="tables"><table>\n<tr>{head}</tr>\n{body}</table></div>\n'
    return f"<h3>agreement</h3>\n{table}{remarks}"


def _filters(sheet: Datasheet, rows: LabelRows, labels: Sequence[LabelRow]) -> str:
    """Return a choice of layers, annotators and states, each where there is one."""
    states = {state for row in labels for state in _states(rows.labels.label(Neuron(row.layer, row.unit)))}
    return (
        _choice("layer", "all layers", {f"L{layer}": str(layer) for layer in sheet.layers})
        + _choice("by", "all annotators", {name: str(number) for number, name in enumerate(sheet.annotators)})
        + _choice("state", "all states", {state: state for state in sorted(states)})
    )


def _choice(name: str, every: str, values: Mapping[str, str]) -> str:
    if len(values) <= 1:
        return ""
    options = "".join(f'<option value="{value}">{text(shown, 60)}</option>' for shown, value in values.items())
    return f'<select name="{name}" aria-label="{name}"><option value="">{every}</option>{options}</select>\n'


def _states(label: Label) -> set[str]:
    """Return the states that a card is found by: the standing one, and what each person decided."""
    hidden = {"blind"} if any(one.blind for one in (label, *label.each)) else set()
    settled = {"settled"} if label.settled else set()
    return {label.state, *(one.state for one in label.each)} | settled | hidden


def _card(rows: Sequence[LabelRow], label: Label, detail: Detail | None, people: Mapping[str, str]) -> str:
    first = rows[0]
    names = [compared(one.by) for one in (label.each or [label])]
    data = {
        "layer": str(first.layer),
        "by": " ".join(people[name] for name in names if name in people),
        "state": " ".join(sorted(_states(label))),
    }
    marked = "".join(f' data-{name}="{value}"' for name, value in data.items())
    said = text(first.sentence or "nothing is said of it")
    return (
        f'<article id="{first.neuron}"{marked}>\n'
        f'<h2><a href="#{first.neuron}">{first.neuron}</a><span dir="auto">{said}</span></h2>\n'
        + "".join(map(_label, rows))
        + _each(label)
        + _evidence(first)
        + (
            _activity(detail, first.side or 1)
            if detail
            else '<p class="muted">the run does not have this neuron</p>\n'
        )
        + "</article>\n"
    )


def _label(row: LabelRow) -> str:
    """Return a label, who decided it and when, and the note."""
    who = [row.annotator and f"by {row.annotator}", row.time[:10], row.origin and f"from {row.origin}"]
    who += ["settled" if row.settled else "", f"blind: {row.blind}" if row.blind else ""]
    told = text(", ".join(filter(None, who)))
    named = f'<span class="label" dir="auto">{text(row.label)}</span> ' if row.label else ""
    note = f'<p class="note" dir="auto">{lines(row.note)}</p>\n' if row.note and row.label_number == 1 else ""
    state: State = row.state
    return f'<p>{named}<span class="muted">{state} <bdi>{told}</bdi></span></p>\n{note}'


def _each(label: Label) -> str:
    """Return what everyone decided, where more than one did."""
    if len(label.each) > 1 and len({answer(one) for one in label.each}) == 1:
        return (
            f'<p class="muted">decided alike by <bdi>{text(together([one.by for one in label.each]))}</bdi></p>\n'
        )
    told = [
        f"<bdi>{text(one.by)}</bdi> {one.state}"
        + "".join(f" <bdi>{text(accepted.text)}</bdi>" for accepted in one.accepted)
        + (f" (blind: {text(one.blind)})" if one.blind else "")
        for one in label.each
    ]
    return f'<p class="muted">{"; ".join(told)}</p>\n' if told else ""


def _evidence(row: LabelRow) -> str:
    """Return the scores and the peaks in words; nothing where nothing is known."""
    told = {
        "AUROC where found": with_interval(row.auroc_calibration, row.lower, row.upper),
        "on other texts": with_interval(row.auroc_validation),
        "correlation there": with_interval(row.correlation_validation),
        "fit as a topic": with_interval(row.fit, row.fit_lower, row.fit_upper),
        "fit as a word": with_interval(row.token_fit, row.token_fit_lower, row.token_fit_upper),
    }
    scores = ", ".join(f"{name} {value}" for name, value in told.items() if value)
    peaks = f'<p class="muted">peaks at <bdi>{text(row.peaks, _PEAKS_LENGTH)}</bdi></p>\n' if row.peaks else ""
    return (f'<p class="muted">{scores}</p>\n' if scores else "") + peaks


def _activity(detail: Detail, side: int) -> str:
    """Return the exemplars of the label's side, and what the neuron promotes and suppresses."""
    kind, title = ("top", "most active at") if side > 0 else ("bottom", "most negative at")
    chosen = [one for one in detail.exemplars if one.kind == kind][:_EXEMPLARS]
    items = "".join(exemplar_line(one, detail.statistics) for one in chosen)
    shown = f"<h3>{title}</h3>\n<ol>\n{items}</ol>\n" if items else ""
    for wanted in ("promoted", "suppressed"):
        tokens = "".join(_token(one) for one in [o for o in detail.outputs if o.kind == wanted][:_TOKENS])
        shown += f"<h3>{wanted}</h3>\n<p>{tokens}</p>\n" if tokens else ""
    return shown


def _token(output: Output) -> str:
    return f'<bdi class="token">{text(output.piece, _TOKEN_LENGTH)}</bdi>'


SPEC = FormatSpec(name="html", suffixes=(".html",), write=write, counts="label")
