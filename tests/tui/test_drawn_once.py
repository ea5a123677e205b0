"""A decision draws each thing once, and works out candidates once: for the neuron that comes next."""

from collections import Counter

import pytest
from tui.driving import at_the_keys

from neurotui.review import candidate_cache
from neurotui.tui.widgets.detail import DetailPane
from neurotui.tui.widgets.status import StatusLine


@pytest.fixture
def counts(monkeypatch):
    """Return how often each of these has been done."""
    counted = Counter()

    def count(owner, name):
        real = getattr(owner, name)

        def counting(*given, **named):
            counted[name] += 1
            return real(*given, **named)

        monkeypatch.setattr(owner, name, counting)

    count(DetailPane, "_build")
    count(StatusLine, "show")
    count(candidate_cache, "arranged")
    return counted


@pytest.mark.anyio
async def test_accepting_draws_detail_and_status_once_and_works_candidates_out_once(run, labels, counts):
    async with at_the_keys(run, labels) as person:
        for number in range(3):
            await person.until(lambda: person.browse.detail.loaded is not None)
            counts.clear()
            await person.press("a")
            assert counts == {"_build": 1, "show": 1, "arranged": 1}
            assert person.current == f"L0.{number + 1}"
            assert f"L0.{number + 1}" in person.page


@pytest.mark.anyio
@pytest.mark.parametrize("key", ["x", "space", "u"])
async def test_every_decision_draws_detail_and_status_once(run, labels, counts, key):
    async with at_the_keys(run, labels) as person:
        await person.press("a")
        counts.clear()
        await person.press(key)
        assert (counts["_build"], counts["show"]) == (1, 1)


@pytest.mark.anyio
async def test_deciding_all_that_is_marked_draws_detail_and_status_once(run, labels, counts):
    async with at_the_keys(run, labels) as person:
        await person.press("m", "m", "m")
        counts.clear()
        await person.press("x")
        assert (counts["_build"], counts["show"]) == (1, 1)
        assert [action for _, action, _ in person.journal] == ["reject"] * 3
