"""Detection and fuzzing: half of what a judge is shown is active, all of it is held out, and no answer is guessed."""

import json

import duckdb
import numpy as np
import pytest
from judges import knowing
from labelling.planted import write_planted
from lying_server import lying_server, says
from sklearn.metrics import balanced_accuracy_score, f1_score, precision_score, recall_score, roc_auc_score

from neurotui.backends.judge_protocol import Answer
from neurotui.backends.judge_registry import choose_judge
from neurotui.backends.settings import BackendSettings
from neurotui.errors import UserError
from neurotui.evaluate.description_sets import DescriptionSet, Said
from neurotui.evaluate.detection import JudgedExample, Trial, measures_of
from neurotui.evaluate.judge_examples import Example, ExampleSource
from neurotui.store.held_out import HeldOut
from neurotui.store.run import Run
from neurotui.types import Neuron, no_progress

FIRES, WORD = Neuron(0, 0), "the"
SETS = [DescriptionSet("them", {FIRES: Said(WORD)}), DescriptionSet("others", {FIRES: Said("guitar")})]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Return a run of which every token is sampled, and L0.0 fires at each "the"."""
    written = write_planted(tmp_path_factory.mktemp("detection") / "run.duckdb", texts=110)
    with duckdb.connect(str(written)) as connection:
        places = connection.execute(
            "SELECT body, position FROM token_sample JOIN texts USING (text_id) ORDER BY place"
        ).fetchall()
        fires = np.array([body.split()[position - 1] == WORD for body, position in places])
        codes = np.where(fires, 255, np.random.default_rng(4).integers(0, 60, len(places)))
        connection.execute("UPDATE token_activations SET codes = ? WHERE neuron_id = 0", [codes.tolist()])
    return written


def settings(server, **more):
    return BackendSettings(llm="liar", base_url=server.url, api_key_env="NO_SUCH_KEY", **more)


def judged(path, judge, count=12):
    with Run(path) as run:
        return Trial(HeldOut(run), SETS, {FIRES: 0}, count).judged(judge)


def test_half_of_the_examples_are_active_and_none_was_seen(path):
    with Run(path) as run:
        held = HeldOut(run)
        (neuron,) = held.neurons([0])
        drawn = ExampleSource(held).draw(neuron, 1, 16)
        assert drawn == ExampleSource(held).draw(neuron, 1, 16)
        seen = {exemplar.text_id for exemplar in run.detail(0).exemplars}
        texts = run.texts()
        unseen = [n for n in np.flatnonzero(~texts.calibration).tolist() if n not in seen]
        bodies = set(run.bodies_of(unseen))
    assert [sum(one.active is wanted for one in drawn) for wanted in (True, False)] == [8, 8]
    assert len({one.text(marked=False) for one in drawn}) == 16
    assert {one.text(marked=False) for one in drawn} <= bodies
    for one in drawn:
        assert (WORD in one.text(marked=False).split()) is one.active
        assert (f"<<{WORD}>>" in one.text(marked=True)) is one.active
        assert one.text(marked=True).count("<<") == len(one.marked) >= 1
        assert (one.distance == -1) is not one.active
    assert {one.distance for one in drawn if one.active} <= {1, 2, 3, 4, 5}


def test_a_judge_who_knows_scores_one_and_a_wrong_description_half_at_most(path):
    with lying_server(says(knowing)) as server:
        found = judged(path, choose_judge("openai", settings(server)))
        asked = len(server.asked)
    assert [(one.name, one.task) for one in found] == [
        (name, task) for name in ("them", "others") for task in ("detection", "fuzzing")
    ]
    for one in found:
        rightly = one.figures["balanced accuracy"].value
        assert rightly == 1 if one.name == "them" else rightly <= 0.5
        assert one.figures["F1"].value == 1 if one.name == "them" else rightly < 1
        assert one.figures["AUROC"].of == 0
        assert (one.answered, one.unanswered, one.few) == (12, 0, 0)
    assert asked == 2 * 2 * 3


def test_what_was_answered_is_not_asked_again_and_a_dry_run_asks_nothing(path, tmp_path):
    cache = tmp_path / "replies.sqlite"
    with lying_server(says(knowing)) as server, Run(path) as run:
        trial = Trial(HeldOut(run), SETS, {FIRES: 0}, 12)
        priced = settings(server, price_in=1.0, price_out=2.0)
        before = choose_judge("openai", priced, cache=cache).estimate(trial.questions())
        assert (before.texts, before.asked, before.calls, server.asked) == (48, 48, 12, [])
        assert before.cost > 0
        first = trial.judged(choose_judge("openai", priced, cache=cache))
        assert len(server.asked) == 12
        again = choose_judge("openai", priced, cache=cache)
        assert again.estimate(trial.questions()).calls == 0
        assert trial.judged(again) == first
        assert len(server.asked) == 12


def test_an_example_without_an_answer_is_counted_and_not_guessed(path):
    def forgetful(prompt):
        reply = json.loads(knowing(prompt))
        return json.dumps({"answers": reply["answers"][1:]})

    with lying_server(says(forgetful)) as server:
        found = judged(path, choose_judge("openai", settings(server)))[0]
        # Each question is asked a second time for what is missing.
        assert len(server.asked) == 24
    assert (found.answered, found.unanswered) == (9, 3)
    assert found.figures["balanced accuracy"].value == 1


def test_a_budget_ends_the_asking_and_what_was_answered_is_kept(path, tmp_path):
    cache = tmp_path / "replies.sqlite"
    with lying_server(says(knowing)) as server:
        with pytest.raises(UserError, match="--max-calls 5 is used up"):
            judged(path, choose_judge("openai", settings(server, max_calls=5), cache=cache))
        judged(path, choose_judge("openai", settings(server), cache=cache))
        assert len(server.asked) == 12


def test_a_judge_without_a_language_model_is_refused():
    with pytest.raises(UserError, match="'keywords' cannot judge") as refused:
        choose_judge("keywords")
    assert "openai" in refused.value.hint


def test_the_measures_are_those_of_others():
    random = np.random.default_rng(2)
    active, held, likely = random.random(30) < 0.5, random.random(30) < 0.5, random.random(30)
    pairs = [
        JudgedExample(Example((), (), frozenset(), bool(one), 1), Answer(bool(two), float(three)))
        for one, two, three in zip(active, held, likely, strict=True)
    ]
    unanswered = JudgedExample(Example((), (), frozenset(), active=True, distance=1), Answer())
    expected = [
        balanced_accuracy_score(active, held),
        f1_score(active, held),
        precision_score(active, held),
        recall_score(active, held),
        roc_auc_score(active, likely),
    ]
    assert measures_of([*pairs, unanswered]) == pytest.approx(expected)
    nothing = [one._replace(answer=Answer(holds=False)) for one in pairs]
    assert measures_of(nothing)[:4] == (0.5, 0.0, 0.0, 0.0)
    assert np.isnan(measures_of([unanswered])).all()


def test_a_neuron_that_is_active_nowhere_is_not_judged(path):
    with Run(path) as run:
        held = HeldOut(run)
        (dead,) = held.neurons([1])
        flat = dead._replace(tokens=np.where(np.isnan(dead.tokens), np.nan, 0).astype(np.float32))
        assert ExampleSource(held).draw(flat, 1, 12) == []


def test_progress_tells_how_many_are_asked(path):
    told = []
    with lying_server(says(knowing)) as server, Run(path) as run:
        trial = Trial(HeldOut(run), SETS, {FIRES: 0}, 12)
        trial.judged(choose_judge("openai", settings(server)), lambda *one: told.append(one))
    assert told[-1] == ("asking the judge", 12, 12)
    assert no_progress("", 0, 0) is None
