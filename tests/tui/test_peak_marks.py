"""An exemplar is marked where its peak is a place at which the chosen descriptor holds."""

import shutil

import duckdb
import pytest
from tui.driving import at_the_keys

from neurotui.review.neuron_loader import NeuronLoader
from neurotui.review.peak_marks import PeakMarks, peaking_at, words_at_peaks
from neurotui.store.run import Run


@pytest.fixture(scope="module")
def loaded_neurons(two_scope_run):
    with Run(two_scope_run) as run:
        reader = NeuronLoader(run)
        return [reader.load(number) for number in range(96)]


def peak(exemplar):
    return exemplar.pieces[exemplar.peak].strip()


def before(exemplar):
    return exemplar.pieces[exemplar.peak - 1].strip() if exemplar.peak else ""


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        ("word", lambda one: peak(one) == "goal"),
        ("class", lambda one: peak(one) in {"storm", "cloud", "rain"}),
        ("before", lambda one: before(one) == "the"),
    ],
)
def test_every_kind_marks_just_the_exemplars_that_peak_where_it_holds(loaded_neurons, kind, holds):
    marked = 0
    for loaded in loaded_neurons:
        for match in loaded.detail.matches:
            if match.kind != kind:
                continue
            found = loaded.peaking[match.descriptor_id]
            marked += len(found)
            for number, exemplar in enumerate(loaded.detail.exemplars):
                # Where a window begins with the peak, what stands before it is not seen: only the sample knows.
                if kind != "before" or exemplar.peak:
                    assert (number in found) == holds(exemplar), (loaded.detail.neuron, number)
    assert marked > 5


def test_a_text_descriptor_is_not_looked_for_at_peaks(loaded_neurons):
    for loaded in loaded_neurons:
        assert set(loaded.peaking) == {one.descriptor_id for one in loaded.detail.matches if one.scope == "token"}


def test_the_words_at_a_peak_are_those_of_the_text(loaded_neurons):
    exemplars = loaded_neurons[0].detail.exemplars
    words = words_at_peaks(exemplars)
    assert [here for _, here, _ in words] == [peak(one) for one in exemplars]
    word = peak(exemplars[0])
    same = {number for number, one in enumerate(exemplars) if peak(one) == word}
    assert peaking_at(word.upper(), words) == same


@pytest.mark.anyio
async def test_what_is_chosen_comes_first_and_is_decided_with_its_side_and_scope(two_scope_run, labels, tmp_path):
    path = shutil.copy(two_scope_run, tmp_path / "run.duckdb")
    with duckdb.connect(path) as run:
        run.execute("UPDATE neurons SET minimum = -maximum")
    async with at_the_keys(path, labels) as person:
        await person.press("j", "j", "j", "j")
        first = person.review_state.candidate()
        assert (first.side, first.scope) == (-1, "token")
        page = person.page
        assert "most negative" in person.said
        assert page.index("bottom: the most negative") < page.index("top exemplars ─")
        assert "lowest at" in page
        await person.press("2")
        assert person.review_state.candidate().scope == "text"
        page = person.page
        assert page.index("strongest texts: highest") < page.index("top exemplars ─") < page.index("bottom: the")
        await person.press("1", "a")
        event = person.session.journal.events[-1]
        assert (event.text, event.side, event.scope) == (first.text, -1, "token")
        assert '"side": -1' in labels.read_text()
        assert person.review_state.says(4).sentence.startswith("most negative ")


@pytest.mark.anyio
async def test_a_neuron_that_is_never_negative_is_silent_there_and_its_peaks_are_shown(two_scope_run, labels):
    """Its lowest activations are all the floor of the activation function: they tell nothing apart."""
    async with at_the_keys(two_scope_run, labels) as person:
        await person.press("j", "j", "j", "j")
        assert person.review_state.candidate().side == -1
        page = person.page
        assert "silent " in person.said
        assert "most negative" not in page.partition("bottom: ")[0]
        assert "lowest at" not in page
        assert " peaks " in page
        assert page.index("top exemplars ─") < page.index("bottom: the most negative")
        assert person.review_state.says(4).sentence.startswith("silent ")


@pytest.mark.anyio
async def test_promoted_and_suppressed_tokens_are_shown_where_the_run_has_them(run, two_scope_run, labels):
    async with at_the_keys(run, labels) as person:
        assert "promotes" not in person.page
    async with at_the_keys(two_scope_run, labels) as person:
        outputs = person.browse.detail.loaded.detail.outputs
        (promoted,) = [line for line in person.page.splitlines() if line.startswith(" promotes")]
        assert promoted.split()[1::2] == [one.piece.strip() for one in outputs if one.kind == "promoted"]
        assert " suppresses" in person.page


@pytest.mark.anyio
async def test_a_promoted_word_is_shown_once_however_the_vocabulary_spells_it(two_scope_run, labels, tmp_path):
    path = shutil.copy(two_scope_run, tmp_path / "run.duckdb")
    with duckdb.connect(path) as run:
        run.execute("UPDATE neurons SET minimum = -maximum")
        run.execute("DELETE FROM outputs")
        pieces = [" fact", " same", "fact", " Fact", "Same", " rest"]
        for rank, piece in enumerate(pieces):
            run.execute("INSERT INTO vocabulary VALUES (?, ?, false)", [90_000 + rank, piece])
            run.execute(
                "INSERT INTO outputs SELECT neuron_id, 'promoted', ?, ?, ? FROM neurons",
                [rank, 90_000 + rank, 5.0 - rank],
            )
    async with at_the_keys(path, labels) as person:
        (promoted,) = [line for line in person.page.splitlines() if line.startswith(" promotes")]
        assert promoted.split(maxsplit=1)[1].strip() == "fact · same · rest  where it is positive"


def test_what_holds_at_the_first_tokens_of_a_text_is_told_by_the_position(two_scope_run, tmp_path):
    path = shutil.copy(two_scope_run, tmp_path / "run.duckdb")
    with duckdb.connect(path) as run:
        # All that the third descriptor held at is forgotten: now it holds at the first three tokens.
        number = run.execute("SELECT max(descriptor_id) FROM descriptors").fetchall()[0][0]
        name = "one of the first 3 tokens of a text"
        run.execute("UPDATE descriptors SET kind = 'position', name = ? WHERE descriptor_id = ?", [name, number])
        run.execute("DELETE FROM token_descriptors WHERE descriptor_id = ?", [number])
        run.execute(
            "INSERT INTO token_descriptors SELECT place, ? FROM token_sample WHERE position <= 3", [number]
        )
    found = 0
    with Run(path) as opened:
        reader = NeuronLoader(opened)
        for loaded in map(reader.load, range(4, 96, 6)):
            for place, one in enumerate(loaded.detail.exemplars):
                held = place in loaded.peaking.get(number, set())
                found += held
                assert held == (number in loaded.peaking and one.start + one.peak <= 3)
    assert found > 5


def test_a_quotation_mark_is_a_sign_like_any_other(loaded_neurons):
    loaded = loaded_neurons[6]
    match = next(one for one in loaded.detail.matches if one.kind == "word")
    quoted = match._replace(kind="sign", name='quotation mark "', descriptor_id=999)
    peaks = PeakMarks(Nothing()).of(
        loaded.detail.exemplars, [quoted], [("", '"', "")] * len(loaded.detail.exemplars)
    )
    assert peaks[999] == frozenset(range(len(loaded.detail.exemplars)))


class Nothing:
    """A run without a token sample."""

    def held_at(self, _):
        return {}

    positions_held = pieces_held = held_at
