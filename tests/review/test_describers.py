"""What other describers found, among a neuron's candidates: once each, with its origin, and hidden with the machine's."""

import shutil

import pytest
from synthetic import add_describer, add_token_scope, write_run

import neurotui
from neurotui.review.candidates import KEYED, Candidate, arranged, joined
from neurotui.review.fit_cache import BothFits
from neurotui.review.neuron_loader import NeuronLoader
from neurotui.review.session import Decision, Session
from neurotui.review.state import ReviewState
from neurotui.store.run import Run
from neurotui.types import Neuron, Peak, Proposal


def own(text, number=0, scope="text", side=1, origin="keywords"):
    return Candidate(text, origin, (), number, side, scope)


def of(describer, text, scope="text", side=1):
    return Candidate(text, describer, (), -1, side, scope, describer=describer)


def arranged_with(matched, theirs, peaks=(), proposals=(), mine=()):
    return arranged(matched, peaks, proposals, lambda *_: BothFits(), mine, theirs)


def test_what_another_describer_found_too_is_there_once_with_both_as_its_origin():
    found, theirs = joined(
        [own("music"), own("law", 1)],
        [of("smollm2", "Music"), of("gold", "music"), of("gold", "songs"), of("smollm2", "songs")],
    )
    assert [(one.text, one.origin, one.descriptor) for one in found] == [
        ("music", "keywords, smollm2, gold", 0),
        ("law", "keywords", 1),
    ]
    assert [(one.text, one.origin, one.describer) for one in theirs] == [("songs", "gold, smollm2", "gold")]


def test_the_same_name_of_another_side_or_scope_is_another_candidate():
    _, theirs = joined([own("rain")], [of("a", "rain", side=-1), of("a", "rain", scope="token")])
    assert [(one.side, one.scope) for one in theirs] == [(-1, "text"), (1, "token")]


def test_a_token_descriptor_that_all_find_in_the_texts_keeps_its_origin():
    found, theirs = joined([own("rain", scope="token", origin="texts")], [of("a", "rain", scope="token")])
    assert ([one.origin for one in found], theirs) == (["texts"], [])


def test_candidates_of_other_describers_come_after_the_runs_own_and_the_best_of_them_have_keys():
    matched = [own(f"own {number}", number) for number in range(12)]
    theirs = [of("a", f"their {number}") for number in range(5)]
    written = [Proposal("written", "openai")]
    found = arranged_with(matched, theirs, [Peak(1, "away", 5)], written, ["mine"])
    said = [one.text for one in found]
    first = ["own 0", "own 1", "own 2", "their 0", "their 1", "their 2", "away", "written", "mine"]
    assert said[:KEYED] == first
    assert said[KEYED:] == [*(f"own {number}" for number in range(3, 12)), "their 3", "their 4"]
    without = [one.text for one in arranged_with(matched, [], [Peak(1, "away", 5)], written, ["mine"])]
    assert without[:6] == [f"own {number}" for number in range(6)]


def test_of_what_others_say_on_thin_evidence_the_best_alone_has_a_key_and_none_beside_what_is_sure():
    matched = [own(f"own {number}", number) for number in range(12)]
    thin = [of("a", f"thin {number}")._replace(thin=True) for number in range(3)]
    said = [one.text for one in arranged_with(matched, thin)]
    assert said[:KEYED] == [*(f"own {number}" for number in range(KEYED - 1)), "thin 0"]
    assert said[-2:] == ["thin 1", "thin 2"]
    said = [one.text for one in arranged_with(matched, [*thin, of("b", "sure")])]
    assert said[KEYED - 1] == "sure"
    assert said[-3:] == ["thin 0", "thin 1", "thin 2"]


def test_what_somebody_wrote_in_the_same_words_is_that_candidate():
    found = arranged_with([], [of("a", "songs")], proposals=[Proposal("songs", "openai")])
    assert [(one.text, one.origin) for one in found] == [("songs", "a")]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    made = add_token_scope(write_run(folder / "run.duckdb", units=8, texts=30))
    with Run(made) as run:
        names = {one.name: f"all about {one.name}" for one in run.descriptors() if one.scope == "text"}
    add_describer(made, "second", {})
    return add_describer(made, "third", names)


def test_accepting_a_candidate_records_whose_it_was(path, tmp_path):
    copy = shutil.copy(path, tmp_path / "run.duckdb")
    with neurotui.open_run(copy, annotator="ada") as run:
        own_names = [one.name for one in run["L0.1"].detail.matches]
        candidates = run["L0.1"].candidates
        assert len(candidates) == len(set(candidates))
        theirs = [one for one in candidates if one.startswith("all about ")]
        assert theirs[0] == f"all about {own_names[0]}"
        assert candidates[: len(own_names)] == tuple(own_names)
        run.accept("L0.1", own_names[0])
        run.accept("L0.3", run["L0.3"].candidates[3])
        assert [one["origin"] for one in run.labels().to_pylist()] == ["keywords, second", "third"]
        # Who is named beside others is found as well.
        for name, neurons in (("second", ["L0.1"]), ("third", ["L0.3"])):
            assert run.neurons(f"by:{name}").column("neuron").to_pylist() == neurons
        assert run.neurons().column("says").to_pylist()[5] == run["L0.5"].said.text


def test_the_list_says_what_it_said_before_there_were_others(path, tmp_path):
    with neurotui.open_run(path, labels=tmp_path / "none.jsonl", read_only=True) as run:
        many = run.neurons().to_pylist()
        found = run.neurons("score>0.2 rain").to_pylist()
    alone = shutil.copy(path, tmp_path / "run.duckdb")
    for name in ("second", "third"):
        neurotui.forget_describer(alone, name)
    with neurotui.open_run(alone) as run:
        assert repr(run.neurons().to_pylist()) == repr(many)
        assert repr(run.neurons("score>0.2 rain").to_pylist()) == repr(found)


def test_whose_candidate_it_is_and_its_figures_are_found_for_it(path):
    with Run(path) as run:
        loaded = NeuronLoader(run).load(2)
    for one in loaded.detail.others:
        candidate = Candidate(one.name, one.backend, (), -1, one.side, one.scope, describer=one.backend)
        assert loaded.match(candidate) == one
        assert loaded.marked(candidate) == frozenset()


def test_blind_to_the_machine_is_blind_to_all_describers(path, tmp_path):
    with Run(path) as run:
        labels = tmp_path / "eva.jsonl"
        session = Session.open(run, labels=labels, annotator="eva", read_only=False, blind="machine")
        state = ReviewState(run.overview(), session.seen, [one.backend for one in run.descriptors()])
        detail = run.detail(0)
        state.candidate_cache.know(0, detail.peaks, detail.others)
        assert state.candidates(0) == []
        session.decide([Decision(Neuron(0, 0), "skip")])
        state.take(session.changed())
        assert "third" in {one.origin for one in state.candidates(0)}
