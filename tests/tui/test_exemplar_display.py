"""Ways to look at exemplars, by keys and by the pointer; where neurons peak; what stands behind a candidate."""

import pytest
from tui.driving import at_the_keys

from neurotui.store.journal import Journal, new_id
from neurotui.tui.widgets.layer_bar import LayerLine


def first_value(person):
    """Return what the gutter says of the first exemplar."""
    return next(line for line in person.page.splitlines() if line[8:13] in {" cal ", " val "}).split()[0]


@pytest.mark.anyio
async def test_one_key_goes_through_the_kinds_of_exemplars(run, labels):
    async with at_the_keys(run, labels) as person:
        titles = (
            "top exemplars ─",
            "bottom: the most negative ─",
            "strongest texts: highest pooled activation ─",
            "over the range ─",
            "at random ─",
        )
        assert all(title in person.page for title in titles)
        for kind in titles:
            await person.press("t")
            assert [title for title in titles if title in person.page] == [kind]
        await person.press("j")
        assert [title for title in titles if title in person.page] == ["at random ─"]
        await person.press("t")
        assert all(title in person.page for title in titles)


@pytest.mark.anyio
async def test_each_exemplar_is_one_line_and_one_key_shows_them_whole_and_apart(run, labels):
    async with at_the_keys(run, labels, (100, 30)) as person:
        in_lines = len(person.browse.detail.page)
        tops = [line for line, number in person.browse.detail._places if number < 6]
        assert tops == list(range(tops[0], tops[0] + 6))
        await person.press("w")
        assert len(person.browse.detail.page) > in_lines
        tops = [line for line, number in person.browse.detail._places if number < 6]
        assert all(not person.browse.detail.page[line - 1].text.strip() for line in tops[1:])
        await person.press("w")
        assert len(person.browse.detail.page) == in_lines


@pytest.mark.anyio
async def test_the_value_of_the_token_that_one_goes_to_stands_in_the_gutter(run, labels):
    async with at_the_keys(run, labels) as person:
        detail = person.browse.detail
        exemplar = detail.loaded.detail.exemplars[detail._places[0][1]]
        await person.press("l")
        assert first_value(person) == f"{exemplar.activation(exemplar.peak):.2f}"
        await person.press("l" if exemplar.peak + 1 < len(exemplar.pieces) else "h")
        assert first_value(person) != f"{exemplar.activation(exemplar.peak):.2f}"
        # Far enough to the left one comes to the exemplar's first token, and stays in the first exemplar.
        await person.press(*["h"] * 80)
        assert first_value(person) == f"{exemplar.activation(0):.2f}"
        await person.press(*["l"] * 200)
        assert detail.scroll_offset.y > 0


@pytest.mark.anyio
async def test_a_click_on_a_token_tells_its_value(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("w")
        detail = person.browse.detail
        exemplar = detail.loaded.detail.exemplars[detail._places[0][1]]
        row = next(n for n, line in enumerate(person.page.splitlines()) if line[8:13] in {" cal ", " val "})
        await person.pilot.click("#detail", offset=(17, row))
        await person.settle()
        line = person.page.splitlines()[row]
        assert line.split()[0] == f"{exemplar.activation(0):.2f}"


@pytest.mark.anyio
async def test_behind_a_candidate_stand_its_phrases_and_its_quiet_texts(run, labels):
    async with at_the_keys(run, labels) as person:
        topics = [one for one in person.review_state.candidates() if one.scope == "text"]
        assert topics
        for key, candidate in enumerate(topics, 1):
            await person.press(str(key))
            assert f"behind {candidate.text}" in person.page
            assert f"{candidate.text}s " in person.said
            assert f"texts of {candidate.text} that leave it quiet" in person.page
            loaded = person.browse.detail.loaded
            quiet = loaded.quiet[candidate.descriptor]
            held = loaded.pooled[loaded.holds(candidate.descriptor)]
            assert [text.pooled for text in quiet] == sorted(held.tolist())[: len(quiet)]


@pytest.mark.anyio
async def test_a_filter_by_token_shows_the_neurons_that_peak_there(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("/")
        await person.type("token:goal")
        await person.press("enter")
        shown = {int(row) for row in person.review_state.rows}
        assert 0 < len(shown) < 96
        peaks = set()
        for number in range(96):
            for exemplar in person.session.run.detail(number).exemplars:
                if exemplar.kind == "top" and exemplar.pieces[exemplar.peak].strip() == "goal":
                    peaks.add(number)
        assert shown == peaks
        await person.press("f5")
        assert {int(row) for row in person.review_state.rows} == peaks
        await person.press("escape")
        assert len(person.review_state) == 96


@pytest.mark.anyio
async def test_what_is_wrong_in_a_filter_is_marked_where_it_stands(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("/")
        await person.type("goal token: rain")
        line = person.strips[-4]
        marked = "".join(s.text for s in line if s.style and s.style.underline)
        assert marked == "token:"
        assert "which word? token:battery" in person.told
        await person.type(["left"] * 5)
        await person.type("x")
        line = person.strips[-4]
        assert not [s for s in line if s.style and s.style.underline]


@pytest.mark.anyio
async def test_the_shares_of_the_layers_follow_a_change_that_leaves_the_whole_as_it_was(run, labels):
    async with at_the_keys(run, labels) as person:
        line = person.app.screen.query_one(LayerLine).region.y
        before = person.lines[line]
        await person.press("x", "k")
        in_layer_0 = person.lines[line]
        taken = person.session.journal.events[-1]
        others = taken._replace(id=new_id(), time="", by="bob", layer=1)
        undo = taken._replace(id=new_id(), time="", action="undo", of=taken.id)
        Journal(labels).extend([undo, others])
        await person.until(
            lambda: person.review_state.label(person.review_state.find(others.neuron)).state == "rejected"
        )
        in_layer_1 = person.lines[line]
        assert len({before, in_layer_0, in_layer_1}) == 3
        assert in_layer_0[-8:] == in_layer_1[-8:]
