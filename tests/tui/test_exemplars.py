"""Exemplars show the text as it is: pieces joined, heat on each token, the peak marked, nothing lost."""

import re
from itertools import pairwise

import pytest
from rich.cells import cell_len
from tui import hostile
from tui.driving import harmless
from tui.figures import our_ink

from neurotui.review.candidates import Candidate
from neurotui.review.neuron_loader import NeuronLoader
from neurotui.store.run import Run
from neurotui.tui import colormap
from neurotui.tui.widgets import exemplars, token_rows
from neurotui.tui.widgets.exemplars import Look, Marks, Spot
from neurotui.tui.widgets.text_layout import Page, shown
from neurotui.types import EXEMPLAR_KINDS, Window
from neurotui.wording import figure

INK = our_ink()
WIDTHS = (2, 7, 38, 120)


@pytest.fixture(scope="module")
def loaded_neurons(hostile_run):
    with Run(hostile_run) as run:
        reader = NeuronLoader(run)
        return [reader.load(neuron_id) for neuron_id in range(len(run.overview()))]


@pytest.fixture(scope="module")
def loaded(run):
    with Run(run) as opened:
        return NeuronLoader(opened).load(0)


def with_pieces(loaded, *pieces, peak=0, heat=None, **more):
    """Return the neuron's first exemplar as one of these pieces."""
    trace = tuple(heat or [255 if place == peak else 128 for place in range(len(pieces))])
    first = loaded.detail.exemplars[0]
    more = {"cut_before": False, "cut_after": False, **more}
    return first._replace(pieces=pieces, trace=trace, peak=peak, lowest=0.0, highest=4.0, **more)


def drawn(loaded, *pieces, width=40, **more):
    tokens = exemplars.tokens(with_pieces(loaded, *pieces, **more), loaded, INK)
    return token_rows.rows(tokens, width)


def lines(rows):
    return ["".join(text for text, _ in row) for row in rows]


def squeezed(text):
    """Return what must be seen of a text: everything but space, and what stands for space where the peak is."""
    return re.sub(r"[\s␣↵]+", "", text)


def test_every_exemplar_is_whole_at_every_width(loaded_neurons):
    seen = set()
    for loaded in loaded_neurons:
        for exemplar in loaded.detail.exemplars:
            tokens = exemplars.tokens(exemplar, loaded, INK)
            whole = "…" * exemplar.cut_before + "".join(exemplar.pieces) + "…" * exemplar.cut_after
            seen.add(exemplar.text_id)
            for width in WIDTHS:
                rows = token_rows.rows(tokens, width)
                # A space in a text may be one of a dozen characters; on the screen it is one of one.
                assert squeezed("".join(lines(rows))) == squeezed(shown(re.sub(r"\s+", " ", whole)))
                for row in lines(rows):
                    assert cell_len(row) <= width
                    assert harmless(row)
    assert seen == set(range(len(hostile.BODIES)))


def test_every_line_of_the_pages_is_as_wide_as_the_page(loaded_neurons):
    for width in (24, 78):
        page = Page(width, INK)
        for loaded in loaded_neurons:
            exemplars.draw(page, loaded, None, EXEMPLAR_KINDS)
        for line in page.strips:
            assert line.cell_length == sum(cell_len(segment.text) for segment in line) == width
            assert harmless(line.text)


def test_word_pieces_join_into_the_words_of_the_text(loaded):
    assert lines(drawn(loaded, "un", "believ", "ably", " good", ",", " he", " said")) == [
        "unbelievably good, he said"
    ]


def test_rows_break_before_words_and_never_within_one_that_fits(loaded):
    rows = lines(drawn(loaded, " the", " incompre", "hensib", "le", " rain", width=16))
    assert rows == ["the", "incomprehensible", " rain"[1:]]


def test_a_word_wider_than_the_page_is_cut_and_goes_on(loaded):
    assert lines(drawn(loaded, "abcdef", "ghi", width=4)) == ["abcd", "ef", "ghi"]


def test_each_token_keeps_its_own_heat_across_rows(loaded):
    heat = [0, 80, 140, 200, 255]
    rows = drawn(loaded, " aaaa", " bbbb", " cccc", " dddd", " eeee", heat=heat, peak=4, width=6)
    grounds = [row[-1][1].bgcolor for row in rows]
    scale = max(abs(loaded.detail.statistics.maximum), abs(loaded.detail.statistics.minimum))
    assert grounds == [INK.hot[colormap.level(4 * code / 255, scale)].bgcolor for code in heat]
    assert all(one != other for one, other in pairwise(grounds))


def test_the_peak_is_bold_and_underlined_and_the_space_before_it_is_not(loaded):
    (row,) = drawn(loaded, "the", " goal", " was", peak=1)
    marked = [text for text, style in row if style.bold and style.underline]
    assert marked == ["goal"]
    assert "".join(text for text, _ in row) == "the goal was"


@pytest.mark.parametrize("newline", ["\n", " ", "\r\n", "\t", "\n\n", "\u3000"])
@pytest.mark.parametrize("width", [2, 9, 40])
def test_a_peak_on_space_alone_can_be_seen_wherever_it_stands(loaded, newline, width):
    for pieces, peak in (((newline, "one"), 0), (("the goal", newline, "one"), 1), (("goal", newline), 1)):
        rows = drawn(loaded, *pieces, peak=peak, width=width)
        marked = [text for row in rows for text, style in row if style.bold and style.underline]
        assert marked
        assert all(text.strip() for text in marked)
        assert all(cell_len(line) <= width for line in lines(rows))


def test_a_token_of_space_alone_keeps_its_heat_where_a_row_begins(loaded):
    rows = drawn(loaded, "\n", " goal", "\n", " was", peak=1, heat=[200, 255, 200, 0], width=5)
    assert [row[0][0] for row in rows] == [" ", "goal", "was"]
    assert rows[0][0][1].bgcolor == rows[1][1][1].bgcolor != INK.hot[0].bgcolor


def test_what_is_below_nought_is_drawn_cold(loaded):
    exemplar = with_pieces(loaded, "a", " b")._replace(lowest=-4.0, highest=4.0, trace=(0, 255), peak=1)
    (below, _, above) = exemplars.tokens(exemplar, loaded, INK)
    assert below[1].bgcolor in {style.bgcolor for style in INK.cold[1:]}
    assert above[1].bgcolor in {style.bgcolor for style in INK.hot[1:]}


def test_an_ellipsis_says_where_the_text_goes_on(loaded):
    assert lines(drawn(loaded, "goal", " was")) == ["goal was"]
    assert lines(drawn(loaded, " goal", " was", cut_before=True, cut_after=True)) == ["… goal was…"]


def test_special_tokens_and_markup_are_shown_as_they_stand(loaded):
    text = ("[CLS]", " [SEP]", " [MASK]", " [unused12]", " [/]", " [@click=app.quit]x[/]", " </s>")
    assert lines(drawn(loaded, *text, width=80)) == ["".join(text)]


def test_kinds_stand_apart_and_those_that_hold_the_candidate_carry_its_mark(loaded):
    page = Page(76, INK)
    match = loaded.detail.matches[1]
    candidate = Candidate(match.name, match.backend, (), match.descriptor_id, match.side, match.scope)
    exemplars.draw(page, loaded, Marks(match.name, loaded.marked(candidate)), EXEMPLAR_KINDS)
    text = [line.text for line in page.strips]
    headings = [line for line in text if "───" in line]
    assert [heading.split(" ─")[0].strip() for heading in headings] == [
        "top exemplars",
        "bottom: the most negative",
        "strongest texts: highest pooled activation",
        "over the range",
        "at random",
    ]
    assert f"◆ {match.name}" in headings[0]
    holders = set(loaded.holders[match.descriptor_id].tolist())
    held = [exemplar.text_id in holders for exemplar in loaded.detail.exemplars]
    first_rows = [line for line in text if re.match(r" +-?\d+\.\d\d (cal|val) ", line)]
    assert [line[13] == "◆" for line in first_rows] == held
    assert any(held)
    assert not all(held)


def test_in_the_middle_stands_the_peak_whatever_comes_before_it(loaded):
    page = Page(60, INK)
    places = exemplars.draw(page, loaded, None, EXEMPLAR_KINDS, Look(centred=True))
    starts = set()
    for line, number in places:
        exemplar = loaded.detail.exemplars[number]
        peak = exemplar.pieces[exemplar.peak].strip()
        segments = list(page[line])
        place = next(n for n, segment in enumerate(segments) if segment.style and segment.style.underline)
        assert segments[place].text == peak
        before = sum(cell_len(segment.text) for segment in segments[:place])
        starts.add(before - exemplar.pieces[exemplar.peak].startswith(" "))
        assert page[line].cell_length == 60
    assert len(places) == len(loaded.detail.exemplars)
    assert starts == {15 + (60 - 15 - 1) // 2}


@pytest.mark.parametrize("look", [Look(), Look(centred=True), Look(apart=True)])
def test_the_token_under_a_cell_is_the_one_that_is_drawn_there(loaded_neurons, look):
    for loaded in loaded_neurons:
        for width in (40, 90):
            page = Page(width, INK)
            places = exemplars.draw(page, loaded, None, ("top",), look)
            for line, number in places:
                exemplar = loaded.detail.exemplars[number]
                text = page[line].text
                seen = {exemplars.position_at(exemplar, look, width, 0, column) for column in range(width)}
                assert exemplars.position_at(exemplar, look, width, 0, 3) is None
                assert seen - {None} <= set(range(len(exemplar.pieces)))
                assert (seen != {None}) == bool(text[15:].strip(" …"))


def test_the_token_that_is_looked_at_is_set_off_and_its_activation_told(loaded):
    exemplar = loaded.detail.exemplars[0]
    other = (exemplar.peak + 1) % len(exemplar.pieces)
    page = Page(80, INK)
    (line, _), *_ = exemplars.draw(page, loaded, None, ("top",), spot=Spot(0, other))
    reversed_ = [s.text for row in page.strips for s in row if s.style and s.style.reverse]
    assert "".join(reversed_).strip() == exemplar.pieces[other].strip()
    assert page[line].text[:8].strip() == figure(exemplar.activation(other))


def test_pieces_of_a_word_may_be_shown_apart(loaded):
    exemplar = with_pieces(loaded, "un", "believ", " good", peak=2)
    page = Page(60, INK)
    exemplars.draw(page, replace_first(loaded, exemplar), None, ("top",), Look(apart=True))
    assert "un·believ good" in page[1].text


def replace_first(loaded, exemplar):
    """Return the loaded with this exemplar alone."""
    return loaded._replace(detail=loaded.detail._replace(exemplars=(exemplar,)))


def test_a_window_of_a_document_says_which_it_is_left_of_its_text_and_keys_find_its_tokens(loaded):
    window = Window(document=4, number=2, total=12, begins=900)
    exemplar = with_pieces(loaded, "away", " home", peak=1)._replace(window=window)
    for look, number, said in ((Look(centred=False), 2, "3/12"), (Look(), 11_999, "100%")):
        told = exemplar._replace(window=window._replace(number=number, total=max(12, number + 1)))
        page = Page(60, INK)
        exemplars.draw(page, replace_first(loaded, told), None, ("top",), look)
        line = page[1].text
        assert said in line.partition("away")[0]
        column = cell_len(line.partition("home")[0])
        assert exemplars.position_at(told, look, 60, 0, column) == 1
