"""Labels are written from calibration texts alone; each draw is another question."""

import numpy as np
import pytest
from labelling.planted import DEAD, EVERYWHERE, PLANTED, WORD, split, write_planted
from lying_server import lying_server, says
from precompute.corpora import quiet

from neurotui.backends.protocol import Failure
from neurotui.backends.settings import BackendSettings
from neurotui.errors import UserError
from neurotui.labelling import choose_evidence as room
from neurotui.labelling.choose_evidence import shown
from neurotui.labelling.generate import backend_for, price, write
from neurotui.labelling.topic_fit import Scorer
from neurotui.labelling.types import LabelBackend, Written, best_first
from neurotui.models.encoder import MiniLM
from neurotui.store.beside_run import replies_of
from neurotui.store.run import Run
from neurotui.types import Neuron

NEURONS = [PLANTED, DEAD, EVERYWHERE, *(Neuron(0, unit) for unit in range(3, 6))]
LABELS = '{"labels": ["football", "an old battery", "battery"]}'


class Backend:
    """Says what it is told to say, and remembers what it was shown."""

    name = "recorder"
    warnings = ("nobody listens",)

    def __init__(self, *labels, failures=()):
        self.failures = failures
        self.seen = []
        self._labels = labels

    def label(self, evidence, _progress):
        self.seen.append(evidence)
        return self._labels


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with Run(write_planted(tmp_path_factory.mktemp("planted") / "run.duckdb")) as opened:
        yield opened


def asking(server, **more):
    return LabelBackend(
        "openai", BackendSettings(llm="liar", base_url=server.url, api_key_env="NO_SUCH_KEY", **more)
    )


def test_a_backend_is_shown_calibration_texts_alone(run):
    backend = Backend("a label")
    for neuron in NEURONS:
        for draw in range(3):
            write(run, neuron, backend, quiet, draw)
    here, there = split(run.path, "calibration"), split(run.path, "validation")
    for seen in backend.seen:
        assert seen.firing
        assert len(seen.silent) == room.SILENT
        assert set(seen.silent) <= set(here)
        for excerpt in seen.firing:
            assert any(excerpt.text.strip() in body for body in here)
            assert not any(excerpt.text.strip() in body for body in there)


def test_what_fires_leads_with_its_peaks_and_what_is_silent_is_quiet(run):
    texts, values = run.texts(), run.pooled(run.number_of(PLANTED))
    median = np.median(values[texts.calibration])
    evidence = shown(run, PLANTED)
    assert all(WORD in excerpt.text and excerpt.peaks == (WORD,) for excerpt in evidence.firing)
    bodies = run.bodies_of(range(len(values)))
    assert all(values[bodies.index(body)] <= median for body in evidence.silent)
    assert not any(WORD in body for body in evidence.silent)


def test_silent_texts_that_hold_the_best_descriptor_come_first(run):
    best = run.detail(run.number_of(PLANTED)).matches[0].descriptor_id
    holding = set(run.bodies_of(run.holders(best).tolist()))
    for draw in range(3):
        evidence = shown(run, PLANTED, draw)
        assert set(evidence.silent[: room.NEAR]) <= holding
        assert not set(evidence.silent[room.NEAR :]) <= holding


def test_a_draw_shows_the_same_texts_every_time_and_another_draw_others(run):
    for neuron in NEURONS:
        draws = [shown(run, neuron, draw) for draw in range(4)]
        assert [shown(run, neuron, draw) for draw in range(4)] == draws
        assert len(set(draws)) == 4


def test_labels_come_as_they_were_written_and_the_notes_say_what_happened(run):
    written = write(run, PLANTED, Backend("football", "an old battery"), quiet)
    assert written == Written(("football", "an old battery"), ("nobody listens",))
    failed = write(run, PLANTED, Backend(failures=(Failure(None, "no reply"),)), quiet)
    assert failed == Written((), ("nobody listens", "no reply"))
    silent = write(run, PLANTED, Backend(), quiet)
    assert silent.notes[1] == "'recorder' finds no label for L0.0"


def test_without_an_exemplar_to_show_nothing_is_asked(tmp_path):
    path = write_planted(tmp_path / "run.duckdb", calibration=[1, 2, 3])
    backend = Backend("made up")
    with Run(path) as run, pytest.raises(UserError, match=r"no exemplar of L0\.0"):
        write(run, PLANTED, backend, quiet)
    assert backend.seen == []


def test_the_offline_backend_names_what_the_neuron_fires_at(run):
    encoder = MiniLM()
    written = write(run, PLANTED, backend_for(run, LabelBackend(), encoder), quiet)
    best = best_first(Scorer(run, lambda: encoder).score(PLANTED, written.labels, quiet).fits)[0]
    assert WORD in best.label
    assert best.topic.lower > 0.9
    assert price(run, PLANTED, LabelBackend()).calls == 0


def test_a_price_asks_nothing_and_leaves_nothing_behind(run):
    with lying_server() as server:
        said = price(run, PLANTED, asking(server, price_in=1.0, price_out=2.0))
        assert server.asked == []
    assert said.calls == 1
    assert said.cost == pytest.approx((said.input_tokens + 2 * said.output_tokens) / 1e6)
    assert not replies_of(run.path).exists()


def test_a_draw_is_paid_for_once_and_the_next_is_asked_anew(tmp_path):
    path = write_planted(tmp_path / "run.duckdb")
    with Run(path) as run, lying_server(says(LABELS)) as server:
        for sent, draw in ((1, 0), (1, 0), (2, 1), (2, 1), (2, 0)):
            asked = asking(server)
            assert price(run, PLANTED, asked, draw).calls == sent - len(server.asked)
            written = write(run, PLANTED, backend_for(run, asked), quiet, draw)
            assert len(server.asked) == sent
            assert written.labels == ("football", "an old battery", "battery")
        validation = split(path, "validation")
        assert not any(body in one.prompt for one in server.asked for body in validation)


def test_a_key_that_is_missing_is_told_before_anything_is_asked(run, monkeypatch):
    monkeypatch.delenv("SOME_KEY", raising=False)
    settings = BackendSettings(llm="m", base_url="https://llm.example/v1", api_key_env="SOME_KEY")
    asked = LabelBackend("openai", settings)
    assert price(run, PLANTED, asked).calls == 1  # a price asks nothing
    with pytest.raises(UserError, match="'SOME_KEY' is not set"):
        write(run, PLANTED, backend_for(run, asked), quiet)
