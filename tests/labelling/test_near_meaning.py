"""What is near to a word in meaning, by the real encoder: music finds tune and band, not everything."""

import duckdb
import numpy as np
import pytest
from precompute.corpora import quiet
from synthetic import write_run

from neurotui.backends.llm.budget import Account
from neurotui.errors import UserError
from neurotui.labelling.near_meaning import NEAR_COSINE, MeaningIndex
from neurotui.store.run import Run
from neurotui.workers.requests import Near
from neurotui.workers.server import WorkerState

NAMES = ("tune", "offside", "rinse", "solicitor", "telescope", "budget", "band", "litter", "music of all kinds")
PEAKS = {0: ("songs", 12), 1: ("songs", 1), 2: ("courtroom", 20), 3: ("songs", 3)}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = write_run(tmp_path_factory.mktemp("near") / "run.duckdb", layers=1, units=40, names=NAMES)
    with duckdb.connect(str(path)) as connection:
        connection.execute("DELETE FROM peaks")
        for neuron_id, (word, exemplars) in PEAKS.items():
            connection.execute("INSERT INTO peaks VALUES (?, 1, 0, ?, ?)", [neuron_id, word, exemplars])
            connection.execute("UPDATE matches SET described = false WHERE neuron_id = ?", [neuron_id])
        connection.execute("INSERT INTO peaks VALUES (9, -1, 0, 'songs', 20)")
    return path


@pytest.fixture(scope="module")
def meanings(path, encoder):
    with Run(path) as run:
        return MeaningIndex(run, encoder, quiet)


def test_music_is_near_to_tunes_bands_and_songs_and_to_nothing_else(meanings, path):
    found = meanings.near("Music")
    assert {one.name for one in found.names} == {"tune", "band", "songs"}
    assert all(one.cosine >= NEAR_COSINE for one in found.names)
    with Run(path) as run:
        overview = run.overview()
        for neuron_id in range(4, len(overview)):
            first = overview.first(neuron_id)
            assert (found.neurons[neuron_id] > 0) == (first.name in {"tune", "band"} and first.described)


def test_a_neuron_is_as_near_as_its_peaks_and_one_stray_exemplar_is_no_peak(meanings):
    neurons = meanings.near("music").neurons
    assert neurons.dtype == np.float32
    assert neurons[0] > neurons[3] > 0
    assert neurons[1] == neurons[2] == 0
    assert neurons.max() <= 1


def test_names_that_hold_the_word_are_found_without_a_meaning_and_the_nearest_are_told_anyway(meanings):
    assert "music of all kinds" not in {one.name for one in meanings.near("music").names}
    nothing = meanings.near("qwerty")
    assert not nothing.neurons.any()
    assert nothing.names == ()
    assert len(nothing.nearest) == 3


def test_how_many_neurons_bear_a_name_is_counted(meanings, path):
    tune = next(one for one in meanings.near("music").names if one.name == "tune")
    songs = next(one for one in meanings.near("music").names if one.name == "songs")
    with Run(path) as run:
        overview = run.overview()
        assert tune.neurons == np.count_nonzero(overview.matched[:, 0] == NAMES.index("tune"))
    assert (songs.neurons, songs.called, tune.called) == (2, False, True)


def test_the_names_of_a_run_are_read_once(path, encoder, monkeypatch):
    monkeypatch.setattr("neurotui.models.encoder.MiniLM", lambda: encoder)
    state = WorkerState(path, Account())
    encoder.read.clear()
    weights = state.run.weights
    first = state.answer(Near("music", weights), quiet)
    assert state.answer(Near("music", weights), quiet).names == first.names
    assert encoder.read.count("tune") == 1
    with pytest.raises(UserError, match="another model"):
        state.answer(Near("music", "1" * 64), quiet)
