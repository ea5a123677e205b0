"""A label as words: which words of it are understood, and how well the neuron's activation tells where they stand."""

import itertools
import math

import duckdb
import numpy as np
import pytest
from labelling.planted import PLANTED, WORD, write_planted
from sklearn.metrics import roc_auc_score
from synthetic import write_run

from neurotui.describe.auroc import interval
from neurotui.describe.token_table import Places, tokens_of
from neurotui.labelling.label_words import LabelReader
from neurotui.labelling.token_fit import TokenScorer
from neurotui.labelling.types import AurocInterval, Fit, best_first
from neurotui.store.run import Run
from neurotui.store.run_tables import DividedText
from neurotui.types import Neuron

BODIES = [
    "She said : go away , at once ; may I come in June ?",
    "He went away from the wall , off the street .",
    "As if nothing , a foolish choice : choose one of 24 .",
    "Boyish and childish , he chose them in the rain .",
    "They chose an unseen wall on a street in May",
]
DOWNWARDS = Neuron(0, 3)


def divided(bodies):
    texts = []
    for number, body in enumerate(bodies):
        words = body.split(" ")
        ends = list(itertools.accumulate((len(word) + 1 for word in words), initial=-1))[1:]
        texts.append(DividedText(number, body, [0] * len(words), ends))
    return texts


def reader(bodies=BODIES, calibration=(), repeat=1, own=None, of_tokens=()):
    texts = divided([body for body in bodies for _ in range(repeat)])
    every = [(text.text_id, place) for text in texts for place in range(len(text.ends))]
    text_id, position = (np.array(column, np.int32) for column in zip(*every, strict=True))
    places = Places(text_id, position, np.isin(text_id, calibration), np.ones(len(every), np.float32))
    words = [texts[text].body.split(" ")[place] for text, place in every]
    return LabelReader(tokens_of(places, texts), own or {}, of_tokens), words


@pytest.mark.parametrize(
    ("label", "stand", "understood", "missing"),
    [
        ("away", {"away"}, ["away"], []),
        ("  AWAY ", {"away"}, ["away"], []),
        ("away, off", {"away", "off"}, ["away", "off"], []),
        ("the word away", {"away"}, ["away"], []),
        ('the word "away"', {"away"}, ["away"], []),
        ("“off” or 'away'", {"away", "off"}, ["off", "away"], []),
        ("at words like may, off", {"may", "May", "off"}, ["may", "off"], []),
        ("at words like of, for, as, if", {"of", "As", "if"}, ["of", "as", "if"], ["for"]),
        ("most negative at the word “away”", {"away"}, ["away"], []),
        ("silent at the comma ,", {","}, ["comma ,"], []),
        ("at the full stop", {"."}, ["full stop"], []),
        ("a full stop", {"."}, ["full stop"], []),
        ("in texts about street", {"street"}, ["street"], []),
        ("months (may, june)", {"may", "May", "June"}, ["may", "june"], []),
        ("names of streets and walls", {"street", "wall"}, ["streets (street)", "walls (wall)"], []),
        ("qwerty, away", {"away"}, ["away"], ["qwerty"]),
        ("qwerty", set(), [], ["qwerty"]),
        ("the", {"the"}, ["the"], []),
        ("in, on", {"in", "on"}, ["in", "on"], []),
        ("as if", {"As", "if"}, ["as if"], []),
        ('"wall on"', {"wall", "on"}, ["wall on"], []),
        ("-ish", {"foolish", "Boyish", "childish"}, ["-ish"], []),
        ("un-", {"unseen"}, ["un-"], []),
        ('after "wall"', {",", "on"}, ["after wall"], []),
        ("before street", {"the", "a"}, ["before street"], []),
        ("after a comma", {"at", "off", "a", "he"}, ["after a comma"], []),
        ('after "the"', {"wall", "street", "rain"}, ["after the"], []),
        (",", {","}, [","], []),
        ("comma", {","}, ["comma"], []),
        ("comma ,", {","}, ["comma ,"], []),
        ("full stop", {"."}, ["full stop"], []),
        ("choosing", {"choose"}, ["choosing (choose)"], []),
        ('"choosing"', set(), [], ["choosing"]),
    ],
)
def test_a_label_names_words_and_they_are_found(label, stand, understood, missing):
    known, words = reader()
    reading = known.read(label)
    assert {words[place] for place in reading.places.tolist()} == stand
    assert (list(reading.understood), list(reading.missing)) == (understood, missing)


@pytest.mark.parametrize(
    ("label", "of_tokens"),
    [
        ("away", False),
        ("months (may)", False),
        ("qwerty", False),
        ('"away"', True),
        ("-ish", True),
        (",", True),
    ],
)
def test_what_names_a_mere_sign_or_part_of_words_is_no_topic(label, of_tokens):
    assert reader()[0].read(label).of_tokens == of_tokens


def test_shapes_are_understood_by_the_names_that_describe_gives_them():
    known, words = reader(repeat=20, calibration=range(0, 100, 2))
    for label, stand in (
        ("a number", {"24"}),
        ("A capitalised  word", {"She", "June", "He", "As", "Boyish", "They"}),
    ):
        found = {words[place] for place in known.read(label).places.tolist()}
        assert stand <= found
        assert not found & {"away", ","}


def test_a_runs_own_descriptor_holds_where_it_holds_whatever_its_name_says():
    own = {"motion: away, off": np.array([3, 7]), "away": np.array([1])}
    known, _ = reader(own=own, of_tokens=["away"])
    assert known.read("Motion: away,  off").places.tolist() == [3, 7]
    assert known.read("Motion").understood == ("motion: away, off",)
    assert known.read("Motion").places.tolist() == [3, 7]
    assert known.read("away").of_tokens
    # Beside other words too.
    assert set(known.read("away, off").places.tolist()) > {1}


def test_a_word_that_stands_hardly_anywhere_is_taken_with_its_family_and_one_in_quotes_is_not():
    known, _ = reader(["walls fell", *["a wall fell"] * 9])
    reading = known.read("walls")
    assert reading.understood == ("walls (wall)",)
    assert len(reading.places) == 10
    assert len(known.read('"walls"').places) == 1
    assert len(known.read("wall").places) == 9


def test_the_interval_of_few_places_is_wide_and_of_a_perfect_fit_not_empty():
    narrow, wide = interval(0.8, 100, 1000), interval(0.8, 5, 1000)
    assert wide[0] < narrow[0] < 0.8 < narrow[1] < wide[1]
    assert interval(1.0, 5, 50)[0] < 1.0


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_planted(tmp_path_factory.mktemp("planted") / "run.duckdb")


def by_hand(path, neuron_id, word):
    """Read with plain SQL, from validation places alone."""
    with duckdb.connect(str(path), read_only=True) as connection:
        places = connection.execute(
            "SELECT s.place, t.body, s.position FROM token_sample s JOIN texts t USING (text_id) "
            "WHERE s.split = 'validation' ORDER BY s.place"
        ).fetchall()
        codes = connection.execute(
            "SELECT codes FROM token_activations WHERE neuron_id = ?", [neuron_id]
        ).fetchall()[0][0]
    holds = [body.split()[position - 1] == word for _, body, position in places]
    return holds, [codes[place] for place, _, _ in places]


def test_a_fit_as_a_word_is_what_it_comes_to_by_hand(path):
    holds, values = by_hand(path, 0, WORD)
    with Run(path) as run:
        scorer = TokenScorer(run)
        found = scorer.score(0, WORD)
        assert found.measure.auroc == pytest.approx(roc_auc_score(holds, values))
        assert found.correlation == pytest.approx(np.corrcoef(holds, values)[0, 1], abs=1e-4)
        assert found.measure.lower < found.measure.auroc == 1.0
        random = scorer.score(1, WORD)
        holds, values = by_hand(path, 1, WORD)
        assert random.measure.auroc == pytest.approx(roc_auc_score(holds, values))
        assert random.measure.lower < 0.5 < random.measure.upper


def test_calibration_places_play_no_part(path, tmp_path):
    other = tmp_path / "other.duckdb"
    other.write_bytes(path.read_bytes())
    with duckdb.connect(str(other)) as connection:
        codes = np.array(
            connection.execute("SELECT codes FROM token_activations WHERE neuron_id = 0").fetchone()[0]
        )
        split = connection.execute("SELECT split FROM token_sample ORDER BY place").fetchnumpy()["split"]
        codes[split == "calibration"] = 7
        connection.execute("UPDATE token_activations SET codes = ? WHERE neuron_id = 0", [codes.tolist()])
    with Run(path) as one, Run(other) as two:
        fits = [TokenScorer(run).score(PLANTED.unit, WORD) for run in (one, two)]
    assert fits[0].measure == fits[1].measure
    assert fits[0].correlation == fits[1].correlation


def test_the_other_side_is_scored_by_the_negative(path):
    with Run(path) as run:
        scorer = TokenScorer(run)
        up, down = (scorer.score(DOWNWARDS.unit, WORD, side) for side in (1, -1))
    assert down.measure.auroc == pytest.approx(1 - up.measure.auroc) == 1.0
    assert down.correlation == pytest.approx(-up.correlation)


def test_too_few_places_are_no_fit_and_a_note_says_why(path):
    with duckdb.connect(str(path), read_only=True) as connection:
        (rare,) = connection.execute(
            "SELECT string_split(body, ' ')[position] AS word FROM token_sample JOIN texts USING (text_id) "
            "WHERE token_sample.split = 'validation' GROUP BY word HAVING count(*) = 1 ORDER BY word LIMIT 1"
        ).fetchone()
    with Run(path) as run:
        scorer = TokenScorer(run)
        once = scorer.score(0, rare)
        everywhere = scorer.score(0, f"a word of whatever sort, {WORD}, qwerty")
        nothing = scorer.score(0, "qwerty")
    assert math.isnan(once.measure.auroc)
    assert once.note.startswith("too few tokens to tell, 1 of the ")
    assert everywhere.measure.auroc > 0.5
    assert everywhere.reading.missing[-1] == "qwerty"
    assert math.isnan(nothing.measure.auroc)
    assert (nothing.reading.understood, nothing.note) == ((), "")


def test_places_count_by_their_weights(path, tmp_path):
    other = tmp_path / "other.duckdb"
    other.write_bytes(path.read_bytes())
    with duckdb.connect(str(other)) as connection:
        connection.execute("UPDATE token_sample SET weight = if(place % 3 = 0, 9, 1)")
    with Run(path) as one, Run(other) as two:
        plain, weighted = (TokenScorer(run).score(4, WORD) for run in (one, two))
    holds, values = by_hand(path, 4, WORD)
    with duckdb.connect(str(other), read_only=True) as connection:
        weights = connection.execute(
            "SELECT weight FROM token_sample WHERE split = 'validation' ORDER BY place"
        ).fetchnumpy()["weight"]
    assert weighted.measure.auroc == pytest.approx(roc_auc_score(holds, values, sample_weight=weights))
    assert weighted.measure.auroc != plain.measure.auroc
    assert weighted.measure.upper - weighted.measure.lower > plain.measure.upper - plain.measure.lower


def test_a_run_without_a_token_sample_says_so(tmp_path):
    path = write_run(tmp_path / "run.duckdb", layers=1, units=2, sample=0)
    with Run(path) as run:
        assert TokenScorer(run).score(0, "goal").note == "the run has no token sample"


def test_a_fit_is_told_in_both_scopes_or_why_there_is_none():
    fit = Fit("away, x", AurocInterval(0.23, 0.15, 0.31), AurocInterval(0.98, 0.96, 1.0), 0.4, ("away",), ("x",))
    assert fit.in_words == (
        "as a topic 0.23 (0.15-0.31) · as a word 0.98 (0.96-1.00) · understood: away · not in the sample: x"
    )
    few = Fit("away", AurocInterval(0.23, 0.15, 0.31), understood=("away",), note="too few")
    assert few.in_words == "as a topic 0.23 (0.15-0.31) · as a word: too few · understood: away"
    assert Fit("qwerty").in_words == "no fit"
    assert fit.in_brief == "topic 0.23 · word 0.98 · understood: away · not in the sample: x"
    assert few.in_brief == "topic 0.23 · too few · understood: away"
    assert Fit("qwerty").in_brief == "no fit"
    assert best_first([Fit("none"), few, fit, Fit("x", AurocInterval(0.9, 0.8, 1.0))])[0] == fit
