"""What the detail pane says in figures: candidates with their intervals, and the AUROC's picture."""

import numpy as np
import pytest
from rich.cells import cell_len
from tui.figures import our_ink

from neurotui.tui.candidates import Candidate
from neurotui.tui.widgets import candidates
from neurotui.tui.widgets.histogram import BINS, heights
from neurotui.tui.widgets.lines import Page, figure
from neurotui.words import Match

INK = our_ink()
WIDTHS = (20, 30, 45, 58, 78, 100, 140)


def match(rank, name="night sky", auroc=0.8, spread=0.1, **more):
    figures = {
        "auroc_validation": auroc - 0.02,
        "average_precision": 0.5,
        "top_with": 11,
        "top_of": 12,
        "prevalence": 0.1,
        "described": True,
    }
    return Match(
        rank, rank, name, "keywords", auroc, auroc - spread, min(1.0, auroc + spread), **(figures | more)
    )


def drawn(matches, chosen=0, width=78):
    page = Page(width, INK)
    named = [Candidate(match.name, match.backend, descriptor=match.descriptor_id) for match in matches]
    candidates.draw(page, matches, named, chosen)
    for strip in page.strips:
        assert strip.cell_length == sum(cell_len(segment.text) for segment in strip) == width
    return [strip.text.rstrip() for strip in page.strips]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "name", ["sky", "night sky", "a descriptor of more than forty characters at least", "夜空の星" * 9]
)
def test_candidates_fill_any_width_and_no_name_is_lost(width, name):
    lines = drawn([match(0, name), match(1, "sea"), match(2, "stars", described=False)], 0, width)
    text = "".join(lines).replace(" ", "")
    assert name.replace(" ", "")[:30] in text
    assert "0.80" in text or width < 30


@pytest.mark.parametrize(
    ("width", "title"), [(45, "AUROC  valid    top"), (58, "0.5"), (78, "interval"), (100, "chance")]
)
def test_wider_pages_tell_more(width, title):
    assert title in drawn([match(0), match(1)], 0, width)[1]


def test_the_chosen_candidate_is_marked_and_spelled_out():
    lines = drawn([match(0), match(1, "sea", described=False), match(2, "stars")], 1, 58)
    assert [line[:3] for line in lines[2:]].count("▸ 2") == 1
    after = lines[lines.index(next(line for line in lines if line.startswith("▸"))) + 1 :]
    assert " ".join(" ".join(after[:2]).split()).startswith(
        "thin evidence · 11 of 12 top exemplars, 10.0% by chance"
    )


def test_candidates_that_chance_would_explain_are_counted_and_come_when_they_are_chosen():
    matches = [match(0), match(1), *(match(rank, "was", 0.52, 0.2, described=False) for rank in range(2, 10))]
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


@pytest.mark.parametrize("width", [11, 20, 41])
def test_the_scale_shows_point_interval_and_the_other_split_where_they_are(width):
    text = "".join(
        piece for piece, _ in candidates.scale(match(0, auroc=0.75, auroc_validation=0.9), width, INK)
    )
    assert len(text) == width
    assert text.index("●") == width // 2
    assert text.index("○") == int(0.8 * width)
    assert text.index("━") == pytest.approx(0.3 * width, abs=1)
    for auroc, place in ((0.3, 0), (0.5, 0), (1.0, width - 1), (2.0, width - 1), (float("nan"), 0)):
        text = "".join(piece for piece, _ in candidates.scale(match(0, auroc=auroc), width, INK))
        assert text.index("●") == place


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
