"""Several people at one journal: conflicts are seen and settled with one key, blind ones see nothing too early."""

import json
import shutil

import pytest
from tui.driving import at_the_keys

from neurotui.review.session import Decision, Session
from neurotui.store.run import Run
from neurotui.tui.views.export import ExportNote
from neurotui.types import Neuron


@pytest.fixture
def by(run, labels):
    """Return what decides as somebody, in another process's stead."""

    def decide(annotator, unit, action, text="", note=""):
        with Run(run) as opened:
            session = Session.open(opened, labels=labels, annotator=annotator, read_only=False)
            session.decide([Decision(Neuron(0, unit), action, text, "person" if text else "")])
            if note:
                session.decide([Decision(Neuron(0, unit), "note", note)])

    return decide


@pytest.mark.anyio
async def test_conflicts_are_listed_shown_with_both_answers_and_settled_with_one_key_each(run, labels, by):
    for unit in (1, 3):
        by("ada", unit, "accept", f"her words {unit}", "clear")
        by("bob", unit, "reject", note="too broad")
    by("ada", 5, "accept", "both say so")
    by("bob", 5, "accept", "Both  say so")
    async with at_the_keys(run, labels, annotator="eva") as person:
        assert person.row("L0.1").startswith("▌≠") or person.row("L0.1").lstrip("▌ ").startswith("≠")
        assert "≠ 2 conflict" in person.status
        await person.press("C")
        assert (len(person.review_state), person.current) == (2, "L0.1")
        assert "people differ on it" in person.said
        assert "ada ✓ “her words 1” (clear)" in person.said
        assert "bob ✗ rejected (too broad)" in person.said
        assert person.keys.startswith(" = settle   a accept")
        place = [one.text for one in person.review_state.candidates()].index("her words 1") + 1
        await person.press(str(place), "=")
        assert person.journal[-1] == ("L0.1", "settle", "her words 1")
        assert person.current == "L0.3"
        await person.press("-")
        assert person.journal[-1] == ("L0.3", "settle", "")
        assert person.review_state.progress()["conflict"] == 0
        await person.press("C")
        assert len(person.review_state) == 96
        assert "settle" not in person.keys
        assert person.review_state.label(1)[1:3] == ("accepted", "her words 1")
        assert person.review_state.label(3).state == "rejected"
        await person.press("C")
        assert person.tells("people differ on no neuron")
        await person.press("u", "u")
        assert person.review_state.progress()["conflict"] == 2


@pytest.mark.anyio
async def test_conflicts_of_wording_alone_are_told_and_settled_in_one_step(run, labels, by):
    by("ada", 1, "accept", "right")
    by("bob", 1, "accept", "the word right")
    by("ada", 3, "accept", "cats")
    by("bob", 3, "reject")
    async with at_the_keys(run, labels, annotator="eva") as person:
        await person.press("C")
        assert person.tells("1 neuron of these differs in wording alone")
        assert "people differ on it in wording alone" in person.said
        await person.press("j")
        assert "in wording alone" not in person.said
        await person.press(":", *"settle same", "enter")
        assert person.journal[-1] == ("L0.1", "settle", "right")
        assert person.review_state.progress()["conflict"] == 1
        await person.press(":", *"settle same", "enter")
        assert person.tells("people differ nowhere in wording alone")
        await person.press("u")
        assert person.review_state.progress()["conflict"] == 2


@pytest.mark.anyio
async def test_nothing_is_settled_where_people_do_not_differ(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("=", "-")
        assert person.journal == []
        assert person.tells("people do not differ")


@pytest.mark.anyio
async def test_a_second_decision_on_a_neuron_says_what_it_replaces(run, labels, by):
    by("ada", 2, "accept", "her words")
    async with at_the_keys(run, labels, annotator="eva") as person:
        await person.type("/state:open")
        await person.press("enter", "a", "x")
        assert not person.tells("before")
        accepted = person.journal[-2][2]
        await person.press("g", "x")
        assert person.tells(f"L0.0: you had accepted “{accepted}” before")
        assert person.tells("u takes the new decision back")
        await person.press("u")
        assert person.review_state.label(0).state == "accepted"
        # Other people's decisions are no reason to say so.
        await person.press("escape", "g", "j", "j", "space")
        assert person.journal[-1][:2] == ("L0.2", "skip")
        assert not person.tells("L0.2: you had")
        await person.press("g", "j", "m", "m", "m", "a")
        assert person.tells("you had decided 2 of these 3 before")


@pytest.mark.anyio
async def test_a_second_candidate_is_accepted_with_one_key(run, labels):
    async with at_the_keys(run, labels) as person:
        first, second = (one.text for one in person.review_state.candidates()[:2])
        await person.press("A", "2", "A")
        assert person.journal == [("L0.0", "also", first), ("L0.0", "also", second)]
        assert [one.text for one in person.review_state.label(0).accepted] == [first, second]
        assert f"also “{second}”" in person.said
        await person.press("A")
        assert person.tells("already")
        await person.press("u")
        assert [one.text for one in person.review_state.label(0).accepted] == [first]


@pytest.mark.anyio
async def test_blind_nothing_of_others_or_of_the_machine_is_on_any_screen_before_one_decides(run, labels, by):
    by("ada", 0, "accept", "her secret", "her note")
    async with at_the_keys(run, labels, annotator="bob", blind="both") as person:
        names = person.review_state.overview.names
        assert "hidden until you have decided" in person.said
        assert person.review_state.candidates() == []
        assert not any(name in person.page.split("top exemplars")[0] for name in names)
        assert "her secret" not in person.text
        assert "her note" not in person.text
        await person.press("a")
        assert person.tells("has no candidate to accept")
        await person.press("H")
        assert "her secret" not in person.text
        await person.press("escape", "n")
        assert "her note" not in person.text
        await person.press("escape", "e")
        await person.type("his words")
        await person.press("enter", "k")
        assert person.journal[-1] == ("L0.0", "accept", "his words")
        assert "ada ✓ “her secret” (her note)" in person.said
        assert person.review_state.candidates()


@pytest.mark.anyio
async def test_blind_no_list_view_or_export_tells_what_the_machine_says(run, labels, by, tmp_path):
    by("ada", 1, "accept", "her secret")
    own = shutil.copy(run, tmp_path / "own.duckdb")
    async with at_the_keys(own, labels, annotator="bob", blind="both") as person:
        names = person.review_state.overview.names
        for keys in ("g", "o", "f", "escape"):
            await person.press(keys)
            assert not any(name in person.text for name in names), keys
        await person.type("/best:")
        await person.type(names[0].split()[0])
        assert len(person.review_state) == 0
        assert not any(f"{name} (" in person.text for name in names)
        await person.press("escape")
        await person.type("emine")
        await person.press("enter", "X")
        dialog = person.app.screen.query_one(ExportNote)
        assert dialog.parts[0][1].startswith("a blind review writes only what you have decided")
        assert dialog.parts[-1][1] == ""
        await person.press("enter")
        await person.until((tmp_path / "own.accepted.jsonl").is_file)
        written = [json.loads(line) for line in (tmp_path / "own.accepted.jsonl").read_text().splitlines()]
        assert [(row["annotator"], row["label"]) for row in written] == [("bob", "mine")]


@pytest.mark.anyio
async def test_a_candidate_keeps_its_number_while_others_and_oneself_label(run, labels, by):
    async with at_the_keys(run, labels, annotator="eva") as person:
        await person.press("j", "k")
        before = [one.text for one in person.review_state.candidates()]
        by("ada", 0, "accept", "her words")
        await person.press("j")
        await person.type("eown words")
        await person.press("enter", "g")
        assert person.current == "L0.0"
        await person.until(lambda: "her words" in [one.text for one in person.review_state.candidates()])
        after = [one.text for one in person.review_state.candidates()]
        assert after[: len(before)] == before
        assert set(after[len(before) :]) >= {"her words", "own words"}
        # What one does oneself about a neuron may order its candidates anew.
        await person.type("emine here")
        await person.press("enter", "g")
        assert "mine here" in [one.text for one in person.review_state.candidates()][:9]


@pytest.mark.anyio
async def test_what_was_accepted_is_said(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("2", "a")
        accepted = person.journal[-1][2]
        assert f"saved: L0.0 accepted    “{accepted}”" in person.status
        await person.press("x")
        assert "“" not in person.status


@pytest.mark.anyio
async def test_who_leaves_the_conflicts_is_back_at_what_was_shown_before(run, labels, by):
    by("ada", 1, "accept", "her words")
    by("bob", 1, "reject")
    async with at_the_keys(run, labels, annotator="eva") as person:
        await person.type("/layer:0")
        await person.press("enter")
        shown = len(person.review_state)
        await person.press("C")
        assert len(person.review_state) == 1
        await person.press("C")
        assert (len(person.review_state), person.review_state.filter.text) == (shown, "layer:0")
