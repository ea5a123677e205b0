"""What the detail pane says in figures: candidates with their evidence, and the AUROC's picture."""

import numpy as np
import pytest
from rich.cells import cell_len
from tui.figures import our_ink

from neurotui.review.candidates import Candidate, arranged
from neurotui.review.fit_cache import BothFits
from neurotui.review.neuron_loader import LoadedNeuron
from neurotui.tui.widgets import candidates
from neurotui.tui.widgets.histogram import BINS, heights
from neurotui.tui.widgets.text_layout import Page
from neurotui.types import Detail, Match, Neuron, Peak, Statistics
from neurotui.wording import figure

INK = our_ink()
WIDTHS = (20, 30, 45, 58, 78, 100, 140)


def match(rank, name="night sky", r=0.6, lower=0.7, **more):
    figures = {
        "scope": "text",
        "kind": "topic",
        "side": 1,
        "auroc_calibration": 0.8,
        "lower": lower,
        "upper": 0.9,
        "auroc_validation": 0.78,
        "average_precision": 0.5,
        "correlation_calibration": r + 0.05,
        "correlation_validation": r,
        "top_with": 11,
        "top_of": 12,
        "described": True,
        "prevalence": 0.1,
    }
    return Match(rank, rank, name, "keywords", **(figures | more))


TOKEN = {"scope": "token", "kind": "word"}


BOTH_WAYS = Statistics(0.0, 1.0, -4.0, 4.0, 0.1, (), 0.0, 1.0)


def loaded_with(matches, peaks=(), others=()):
    detail = Detail(0, Neuron(0, 0), BOTH_WAYS, tuple(matches), (), tuple(peaks), (), tuple(others))
    return LoadedNeuron(detail, np.zeros(0, np.float32), np.zeros(0, np.intp), {}, {}, {})


def drawn(matches, chosen=0, width=78, *, room=9, brief=False, peaks=(), told="", figures_too=False, others=()):
    page = Page(width, INK)
    matched = [Candidate(m.name, m.backend, (), m.descriptor_id, m.side, m.scope) for m in matches]
    theirs = [
        Candidate(m.name, m.backend, (), -1, m.side, m.scope, describer=m.backend, thin=not m.described)
        for m in others
    ]
    proposed = arranged(matched, peaks, [], lambda *_: BothFits(), (), theirs)
    loaded = loaded_with(matches, peaks, others)
    candidates.draw(page, loaded, proposed, chosen, room, told=told, brief=brief, figures_too=figures_too)
    for strip in page.strips:
        assert strip.cell_length == sum(cell_len(segment.text) for segment in strip) == width
    return [strip.text.rstrip() for strip in page.strips]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("brief", [False, True])
@pytest.mark.parametrize(
    "name", ["sky", "night sky", "a descriptor of more than forty characters at least", "夜空の星" * 9]
)
def test_candidates_fill_any_width_and_no_name_is_lost(width, name, brief):
    matches = [match(0, name), match(1, "sea"), match(2, "stars", described=False)]
    text = "".join(drawn(matches, 0, width, brief=brief)).replace(" ", "")
    assert name.replace(" ", "")[:30] in text
    assert "0.60" in text


def other(rank, name, by="smollm2", **more):
    return match(rank, name, **more)._replace(backend=by, descriptor_id=-1)


def test_what_another_describer_found_stands_below_the_runs_own_with_its_name_and_figures():
    lines = drawn([match(0), match(1, "sea")], others=[other(0, "night sky"), other(1, "astronomy", r=0.42)])
    said = [line for line in lines if "in texts about" in line]
    assert [line.split("━")[0].strip(" ▸─") for line in said] == [
        "1 in texts about night sky · keywords, smollm2",
        "2 in texts about sea",
        "3 in texts about astronomy · smollm2",
    ]
    assert said[2].endswith("0.42")
    chosen = drawn([match(0)], 1, others=[other(0, "astronomy", top_with=9)])
    assert "    9 of the 12 strongest cal texts are about it, 10.0% by chance" in chosen


def test_where_there_is_no_room_for_both_a_name_goes_before_whose_it_is():
    long = "a descriptor of more than forty characters at least"
    narrow = drawn([match(0)], width=30, others=[other(0, long)])
    assert not [line for line in narrow if "smollm2" in line]
    assert [line for line in drawn([match(0)], width=100, others=[other(0, long)]) if line.count("· smollm2")]


@pytest.mark.parametrize("width", WIDTHS)
def test_in_a_brief_page_the_best_that_another_describer_is_sure_of_stays_in_sight(width):
    matches = [match(number, f"descriptor {number}") for number in range(6)]
    sure = "".join(drawn(matches, width=width, brief=True, others=[other(0, "astronomy")]))
    thin = "".join(drawn(matches, width=width, brief=True, others=[other(0, "astronomy", described=False)]))
    assert "7 in texts" in sure.partition("others:")[2]
    assert width > 100 or "7 in texts" not in thin


def test_a_candidate_is_a_sentence_a_bar_and_the_correlation_that_held():
    lines = drawn([match(0, r=0.5), match(1, "away", r=0.25, **TOKEN), match(2, "away", r=0.1, side=-1, **TOKEN)])
    said = [line for line in lines if line[2:3].isdecimal()]
    assert [line[4:].split("  ")[0] for line in said] == [
        "in texts about night sky",
        "at the word “away”",
        "most negative at the word “away”",
    ]
    assert [line.split()[-1] for line in said] == ["0.50", "0.25", "0.10"]
    filled = [line.count("━") for line in said]
    cells = filled[0] + said[0].count("─")
    assert filled == [round(r * cells) for r in (0.5, 0.25, 0.1)]


def test_a_correlation_that_is_none_or_negative_fills_no_bar():
    for r in (float("nan"), -0.3):
        (line,) = [line for line in drawn([match(0, r=r)]) if line[2:3].isdecimal()]
        assert "━" not in line


def test_the_chosen_candidate_alone_is_spelled_out_and_its_figures_come_on_demand():
    matches = [match(0), match(1, "sea", described=False), match(2, "stars")]
    assert not any("AUROC" in line for line in drawn(matches, 1, 84))
    lines = drawn(matches, 1, 84, figures_too=True)
    place = next(n for n, line in enumerate(lines) if line.startswith("▸ 2"))
    assert " ".join(lines[place + 1].split()).startswith("thin evidence · 11 of the 12 strongest cal texts")
    assert "AUROC 0.80 (0.70-0.90) · valid 0.78 · AP 0.50 · score 0.65" in lines[place + 2]
    assert sum("11 of the 12" in line for line in lines) == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (TOKEN, "11 of 12 top cal exemplars peak there, 10.0% by chance"),
        ({**TOKEN, "side": -1}, "11 of 12 bottom cal exemplars peak there, 10.0% by chance"),
        ({}, "11 of the 12 strongest cal texts are about it, 10.0% by chance"),
    ],
)
def test_the_evidence_is_told_by_what_a_descriptor_speaks_of(more, said):
    assert candidates.evidence(match(0, **more), None, loaded_with([])) == said


def test_in_a_brief_page_the_others_share_a_line():
    lines = drawn([match(0), match(1, "sea", **TOKEN), match(2, "stars")], 0, 80, brief=True)
    assert lines[-1] == " others: 2 at the word “sea”   3 in texts about stars"


@pytest.mark.parametrize("width", [80, 100])
def test_in_a_brief_page_the_chosen_candidate_is_one_line_with_its_bar_and_its_evidence(width):
    name = "a descriptor of more than forty characters at least"
    for said in ("night sky", name):
        told = f"in texts about {said}"
        lines = drawn([match(0, said), match(1, "sea", **TOKEN)], 0, width, brief=True, told=told)
        assert len(lines) == 2
        assert lines[0].endswith("0.60  11 of 12 top cal texts, 10.0% by chance")


def test_a_word_at_which_it_peaks_is_drawn_with_its_count():
    peaks = [Peak(1, "rinse", 4)]
    lines = drawn([match(0)], 1, peaks=peaks)
    place = next(n for n, line in enumerate(lines) if line.startswith("▸ 2"))
    assert "at the word “rinse”" in lines[place]
    assert lines[place + 1].strip() == "4 of 0 top exemplars peak there"


def test_candidates_that_chance_would_explain_are_counted_and_come_when_they_are_chosen():
    matches = [match(0), match(1), *(match(rank, "was", lower=0.4, described=False) for rank in range(2, 10))]
    lines = drawn(matches)
    assert [line[2] for line in lines if line[2:3].isdecimal()] == ["1", "2", "3"]
    assert lines[-1].strip() == "7 more that chance would explain"
    lines = drawn(matches, 6)
    assert [line[2] for line in lines if line[2:3].isdecimal()] == list("1237")
    assert lines[-1].strip() == "6 more that chance would explain"
    assert "more that" not in "".join(drawn(matches[:3]))


def test_no_more_candidates_are_drawn_than_there_are_keys_for():
    lines = drawn([match(rank) for rank in range(12)])
    assert [line[2] for line in lines if line[2:3].isdecimal()] == list("123456789")
    assert lines[-1].strip() == "3 more"


def test_the_histogram_shows_each_group_as_a_share_of_itself():
    pooled = np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0], np.float32)
    held = np.array([False] * 4 + [True] * 2)
    apart, with_it = heights(pooled, held, (0.0, 1.0), 5)
    assert apart == [40] + [0] * (BINS - 1)
    assert with_it == [0] * (BINS - 1) + [40]


def test_what_is_there_at_all_is_seen_in_the_histogram():
    pooled = np.array([0.0] * 999 + [1.0], np.float32)
    apart, with_it = heights(pooled, np.zeros(1000, np.bool_), (0.0, 1.0), 5)
    assert (apart[0], apart[-1]) == (40, 1)
    assert with_it == [0] * BINS


@pytest.mark.parametrize(
    "ends", [(0.0, 0.0), (1.0, 0.0), (float("nan"), 1.0), (0.0, float("inf")), (3e38, 3e38), (-3e38, 3e38)]
)
def test_a_histogram_of_no_width_is_drawn_all_the_same(ends):
    pooled = np.array([0.0, float("nan"), float("inf"), 1.0], np.float32)
    for held in (np.zeros(4, np.bool_), np.ones(4, np.bool_)):
        for group in heights(pooled, held, ends, 5):
            assert len(group) == BINS
            assert all(0 <= height <= 40 for height in group)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0.00"),
        (-0.1666, "-0.17"),
        (9998.994, "9998.99"),
        (-9998.994, "-9998.99"),
        (12345.6, "1.2e+04"),
        (-3e38, "-3.0e+38"),
    ],
)
def test_a_figure_is_never_wider_than_its_column(value, said):
    assert figure(value) == said
    assert len(figure(value)) <= 8
