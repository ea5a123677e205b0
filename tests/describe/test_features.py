"""What may hold at a token: each finder finds what it speaks of, all of it, and only where it can be judged."""

import numpy as np
import pytest
from describe.sentences import context_of, divided, found, rows_of

from neurotui.describe.descriptor_kinds import DESCRIPTOR_KINDS
from neurotui.describe.features import (
    FINDERS,
    affixes,
    classes,
    frequency,
    neighbours,
    pieces,
    positions,
    shapes,
    signs,
    stems,
    words,
)
from neurotui.describe.features.protocol import FEWEST, FEWEST_TEXTS, FEWEST_VALIDATION, MOST_PLACES
from neurotui.describe.token_table import Places, tokens_of

PLAIN = "one small bird sang near our window"


def keyed(context, *keys):
    return rows_of(context, lambda tokens, row: tokens.key[row] in keys)


# What tokens are told of themselves


def test_a_token_knows_its_word_its_place_in_it_and_what_stands_around():
    text = divided(3, "Un kept. The unkept (ball)", {"unkept": ("un", "ke", "pt"), "ball": ("ball",)})
    every = np.arange(1, len(text.ends) - 1, dtype=np.int32)
    tokens = tokens_of(
        Places(np.full(len(every), 3, np.int32), every, every > 0, np.ones(len(every), np.float32)), [text]
    )
    assert tokens.piece == ["Un", "kept", ".", "The", "un", "ke", "pt", "(", "ball", ")"]
    assert tokens.unit == ["Un", "kept", ".", "The", *["unkept"] * 3, "(", "ball", ")"]
    assert tokens.key == [unit.casefold() for unit in tokens.unit]
    assert tokens.is_word.tolist() == [True, True, False, True, True, True, True, False, True, False]
    assert tokens.opens.tolist() == [True] * 5 + [False] * 2 + [True] * 3
    assert tokens.closes.tolist() == [True] * 4 + [False] * 2 + [True] * 4
    assert tokens.before == ["", "un", "kept", ".", "the", "the", "the", "unkept", "(", "ball"]
    assert tokens.after == ["kept", ".", "the", "unkept", "(", "(", "(", "ball", ")", ""]
    assert tokens.position.tolist() == list(range(10))
    assert tokens.from_end.tolist() == list(range(9, -1, -1))
    assert (tokens.in_sentence == 0).tolist() == [True, False, False, True] + [False] * 6


def test_tokens_come_in_the_order_of_their_places():
    texts = [divided(0, "rain fell", {}), divided(1, "sun shone", {})]
    places = Places(*(np.array(column) for column in ([1, 0, 1], [2, 1, 1], [True] * 3, [1.0] * 3)))
    assert tokens_of(places, texts).key == ["shone", "rain", "sun"]


# What is enough


def test_a_feature_must_hold_at_enough_sampled_places_of_both_splits_in_enough_texts_and_not_at_most():
    def holds(bodies, more=()):
        return "goal" in found(words.find, context_of(bodies, more=more))

    others = [PLAIN] * 9
    # Of three texts the third is validation's.
    enough = ["goal"] * max(FEWEST, FEWEST_TEXTS)
    both = [text for pair in zip(enough[::2], [*enough[1::2], PLAIN], strict=False) for text in (*pair, PLAIN)]
    judged = [*both, PLAIN, PLAIN, " ".join(["goal"] * FEWEST_VALIDATION), *others]
    assert holds(judged)
    assert not holds([*both, *others]), "not judged by validation"
    assert not holds([text.replace("goal goal", "goal") for text in judged]), "too few validation places"
    first = judged.index("goal")
    assert not holds([*judged[:first], PLAIN, *judged[first + 1 :]]), "too few places, or texts"
    one_text = [" ".join(["goal"] * FEWEST), *[PLAIN] * 4, " ".join(["goal"] * FEWEST_VALIDATION), *others]
    assert not holds(one_text), "many places, but of one text"
    assert not holds(["goal goal"] * 12), f"more than {MOST_PLACES:.0%}"
    # What exemplars peak at has no say.
    assert not holds([*both, *others], more=["goal"] * 30)
    assert not holds(["goal", *others], more=["goal"] * 30)


@pytest.mark.parametrize("find", FINDERS, ids=lambda find: find.__module__.rpartition(".")[2])
def test_every_finder_finds_the_same_again_and_holds_at_tokens_beyond_the_sample_too(find):
    bodies, cut = story(), [("unwin", "ding"), ("sea", "shore")]
    context = context_of(bodies, more=bodies[:9], pieces=cut, activity=by_number)
    first = list(find(context))
    again = list(find(context_of(bodies, more=bodies[:9], pieces=cut, activity=by_number)))
    assert [(one.kind, one.name, one.rows.tolist()) for one in first] == [
        (one.kind, one.name, one.rows.tolist()) for one in again
    ]
    sampled = context.tokens.sampled
    assert any((feature.rows >= sampled).any() for feature in first)
    if find is classes.find:
        return
    # The tokens beyond are those of the first texts once more: what holds there holds here.
    count = len(context.tokens.key) - sampled
    for feature in first:
        own = set(feature.rows.tolist())
        assert {row - sampled for row in own if row >= sampled} == {row for row in own if row < count}


def by_number(key):
    """Place words by their first letter."""
    return np.eye(8)[len(key) % 8] if key else np.zeros(8)


def story():
    """Return texts in which there is something for every finder."""
    names = [
        "Ada",
        "Bob",
        "Cyn",
        "Dan",
        "Eve",
        "Fay",
        "Gus",
        "Hal",
        "Ida",
        "Jon",
        "Kay",
        "Lea",
        "Mia",
        "Ned",
        "Oda",
        "Pia",
        "Rob",
        "Sue",
        "Tom",
        "Uma",
    ]
    things = [f"{one}{two}" for one in "bcdfghklmnpr" for two in ("ate", "ish", "olt", "unk", "arn", "eel", "ow")]
    doing = ["walked", "talked", "worked", "jumped", "played", "looked", "walks", "talks", "walking"]
    chance = np.random.default_rng(0)
    return [
        f"{chance.choice(names)} {chance.choice(doing)} in {chance.integers(1900, 2020)}, by the {chance.choice(things)} seashore."
        f" Unwinding, NASA said (at 7) {chance.choice(names)} <b> {chance.choice(things)} {chance.choice(things)}"
        for _ in range(240)
    ]


# Each finder


def test_words_are_found_whatever_their_case_under_their_commonest_spelling():
    bodies = [
        "Rain falls in Rome",
        "RAIN falls in Rome, Italy",
        "rain falls again today",
        "Rain, Rome, cats",
    ] * 5
    context = context_of(bodies)
    features = found(words.find, context)
    assert features["Rain"] == keyed(context, "rain")
    assert features["Rome"] == keyed(context, "rome")
    assert "," not in features
    assert "rain" not in features


def test_signs_are_found_by_what_people_call_them_and_letters_of_unspaced_scripts_as_they_are():
    bodies = ["wait... what (yes) , he said — 日 x"] * 9
    context = context_of(bodies)
    features = found(signs.find, context)
    assert set(features) == {
        "full stop .",
        "opening bracket (",
        "closing bracket )",
        "comma ,",
        "dash —",
        "日",
    } ^ {"full stop .", "ellipsis ..."}
    assert features["comma ,"] == keyed(context, ",")
    assert features["ellipsis ..."] == keyed(context, "...")


def test_families_share_a_stem_and_are_named_by_their_commonest_words():
    bodies = ["he walks as they walked", "walking is what he walks for", "a cat ran", "cats and goals"] * 6
    context = context_of(bodies, more=["a goal"] * 4)
    features = found(stems.find, context)
    assert features["walks, walked, walking"] == keyed(context, "walks", "walked", "walking")
    assert features["cat, cats"] == keyed(context, "cat", "cats")
    # A word that alone is in the sample is no family, whatever exemplars peak at.
    assert not any("goal" in name for name in features)


def test_beginnings_and_endings_are_found_where_enough_sampled_words_share_them():
    un = ["unable", "unbolt", "unclear", "undone", "unhappy", "unkind"]
    bodies = [f"{word} was she" for word in un for _ in range(3)] + ["other words here"] * 6
    cut = [("un", "able")]
    context = context_of(bodies, pieces=cut)
    features = found(affixes.find, context)
    assert features["un-"] == rows_of(context, lambda tokens, row: tokens.key[row] in un and tokens.opens[row])
    mostly = context_of([*bodies, *["unclear was she"] * 40], pieces=cut)
    assert "un- (unclear)" in found(affixes.find, mostly)
    five = [body for body in bodies if "unkind" not in body]
    assert "un-" not in found(affixes.find, context_of(five))
    assert "un-" not in found(affixes.find, context_of(five, more=["unkind"] * 5))
    ish = ["reddish", "bluish", "greenish", "brownish", "blackish", "foolish"]
    bodies = [f"{word} was she" for word in ish for _ in range(3)] + ["fish and dish"] * 6
    context = context_of(bodies, pieces=[("red", "dish")])
    assert found(affixes.find, context)["-ish"] == rows_of(
        context, lambda tokens, row: tokens.key[row] in ish and tokens.closes[row]
    )


def test_pieces_of_words_say_on_which_sides_the_word_goes_on():
    bodies = ["they kept rebuilding it", "Rebuilt keeps"] * 9
    context = context_of(bodies, pieces=[("re", "build", "ing"), ("Re", "built")])
    features = found(pieces.find, context)
    assert set(features) == {"re-", "-build- (rebuilding)", "-ing (rebuilding)", "-built (rebuilt)"}
    assert features["re-"] == rows_of(context, lambda tokens, row: tokens.piece[row].casefold() == "re")


@pytest.mark.parametrize(
    ("name", "those", "others"),
    [
        ("a number", ["42", "1984", "7"], ["a", "x9", ","]),
        ("a single digit", ["7", "3"], ["42", "x"]),
        ("a year", ["1984", "2020", "1500"], ["1499", "2100", "198"]),
        ("letters and digits together", ["x9", "2nd"], ["42", "cat"]),
        ("a punctuation mark or other sign", [",", "!"], ["a", "7", "日"]),
        ("a capitalised word", ["Rome", "X1y"], ["NASA", "cat"]),
        ("a word in capitals", ["NASA", "UK"], ["Rome", "A", "I"]),
        ("a single letter", ["a", "I"], ["7", "is", ","]),
        ("a long word", ["unwindings"], ["unwinding", "12345678901"]),
        ("a word of two or three letters", ["is", "cat"], ["a", "cats", "42"]),
    ],
)
def test_shapes_of_words(name, those, others):
    bodies = [f"so {one} went" for one in (*those, *others) for _ in range(9)] * 2
    context = context_of(bodies)
    holds = rows_of(context, lambda tokens, row: tokens.piece[row] in {*those, *others})
    features = found(shapes.find, context)
    wanted = {row for row in holds if context.tokens.piece[row] in those}
    assert features[name] & holds == wanted


def test_shapes_of_what_stands_around_a_word():
    bodies = [
        "the Cats sat. Dogs ran",
        "a <b> tag",
        "see www.example.com or https://other.org now",
        "unwinding it",
    ]
    context = context_of(bodies * 8, pieces=[("un", "wind", "ing")])
    features = found(shapes.find, context)
    assert features["a capitalised word inside a sentence"] == keyed(context, "cats")
    assert features["a capitalised word"] == keyed(context, "cats", "dogs")
    assert features["the name of a markup tag"] == keyed(context, "b")
    assert features["part of a web address"] >= keyed(context, "www", "https")
    assert not features["part of a web address"] & keyed(context, "cats", "now", "tag", "or")
    pieces_of = {name: rows for name, rows in features.items() if "piece" in name}
    every = keyed(context, "unwinding")
    assert pieces_of["a word in pieces"] == every
    assert pieces_of["the first piece of a word"] | pieces_of["a later piece of a word"] == every
    assert pieces_of["the last piece of a word"] < pieces_of["a later piece of a word"]


def test_places_in_the_text_and_in_the_sentence():
    bodies = ["one two three four five six seven eight. Nine ten eleven twelve thirteen"] * 9
    context = context_of(bodies)
    features = found(positions.find, context)
    assert features["the first token of a text"] == keyed(context, "one")
    assert features["the second token of a text"] == keyed(context, "two")
    assert features["one of the first 5 tokens of a text"] == keyed(context, "one", "two", "three", "four", "five")
    assert features["the last token of a text"] == keyed(context, "thirteen")
    assert features["one of the last 5 tokens of a text"] == keyed(
        context, "nine", "ten", "eleven", "twelve", "thirteen"
    )
    assert features["the first word of a sentence"] == keyed(context, "one", "nine")


def test_neighbours_are_what_stands_right_before_and_right_after_the_whole_word():
    bodies = ["he gave two unwindings, then left", "he took the cat , again"] * 9
    context = context_of(bodies, pieces=[("un", "windings")])
    features = found(neighbours.find, context)
    assert features['after "two"'] == keyed(context, "unwindings")
    assert features['before "unwindings"'] == keyed(context, "two")
    assert features["after a comma ,"] == keyed(context, "then", "again")
    assert features["before a comma ,"] == keyed(context, "unwindings", "cat")
    assert not any(
        "unwindings" in name and name.startswith("after") for name in set(features) - {'after "unwindings"'}
    )


def test_common_words_are_those_of_calibration_by_weight():
    chance = np.random.default_rng(1)
    rare = [f"w{number}" for number in range(200)]
    bodies = [
        f"the {chance.choice(rare)} of a {' '.join(chance.choice(rare, 4))} , in {chance.choice(rare)}"
        for _ in range(300)
    ]
    context = context_of(bodies)
    features = found(frequency.find, context)
    name = next(name for name in features if name.startswith("the 10 commonest words"))
    assert name == "the 10 commonest words: the, of, a"
    assert features[name] >= keyed(context, "the", "of", "a", "in")
    assert len({context.tokens.key[row] for row in features[name]}) == 10
    other = features["rarer words, beyond the 10 commonest"]
    assert other == rows_of(context, lambda tokens, row: tokens.is_word[row]) - features[name]
    assert features["signs and the 10 commonest words: the, of, a"] == features[name] | keyed(context, ",")
    assert not any("300" in name for name in features)


# Classes

KIN, DAYS = [f"kin{i}" for i in range(20)], [f"day{i}" for i in range(20)]
REST = [f"w{number}" for number in range(200)]


def grouped_bodies(kin=KIN):
    chance = np.random.default_rng(2)
    groups = [*kin, *DAYS], REST
    return [
        f"{chance.choice(groups[0])} and {chance.choice(groups[1])} or {chance.choice(groups[1])}"
        for _ in range(900)
    ]


def by_kind(words):
    """Place words of one kind near one another, and all others apart."""
    vectors = []
    for word in words:
        own = np.random.default_rng(list(word.encode())).standard_normal(32)
        own /= np.linalg.norm(own)
        for number, start in enumerate(("kin", "day")):
            if word.startswith(start):
                own = np.eye(32)[number] + 0.1 * own
        vectors.append(own / np.linalg.norm(own))
    return np.array(vectors, np.float32).reshape(len(words), 32)


def test_words_that_mean_the_like_are_a_class_and_its_name_lists_the_commonest():
    context = context_of(grouped_bodies(), encode=by_kind)
    features = list(classes.find(context))
    for group in (KIN, DAYS):
        own = [feature for feature in features if set(feature.words) == set(group)]
        assert len(own) == 1
        assert set(own[0].rows.tolist()) == keyed(context, *group)
        # By calibration alone: validation has no say in a name.
        learned = list(zip(context.tokens.key, context.tokens.calibration, strict=True))
        counts = [sum(key == word and there for key, there in learned) for word in own[0].words]
        assert counts == sorted(counts, reverse=True)
        assert own[0].name == ", ".join(own[0].words[:4])


def test_words_at_which_the_model_does_the_like_are_a_class():
    context = context_of(grouped_bodies(), activity=lambda key: by_kind([key])[0])
    listed = [set(feature.words) for feature in classes.find(context)]
    assert set(KIN) in listed
    assert set(DAYS) in listed
    silent = context_of(grouped_bodies())
    assert not [words for words in (set(f.words) for f in classes.find(silent)) if words in (set(KIN), set(DAYS))]


def test_classes_are_learned_from_calibration_and_others_only_join_them_by_meaning():
    context = context_of([*grouped_bodies(KIN[:19])], more=["kin19"] * 3, encode=by_kind)
    own = [feature for feature in classes.find(context) if "kin0" in feature.words]
    assert any(set(feature.words) == set(KIN) for feature in own)
    beyond = {row for row in keyed(context, "kin19") if row >= context.tokens.sampled}
    assert len(beyond) == 3
    assert all(beyond <= set(feature.rows.tolist()) for feature in own if set(feature.words) == set(KIN))
    # What stands beyond the sample moves nothing within it.
    alone = list(classes.find(context_of(grouped_bodies(KIN[:19]), encode=by_kind)))
    sampled = [feature.rows[feature.rows < context.tokens.sampled].tolist() for feature in classes.find(context)]
    assert [feature.rows.tolist() for feature in alone] == sampled


def test_words_that_the_encoder_does_not_know_are_no_fault_and_few_words_are_no_class():
    def unknown(words):
        return np.tile(np.eye(32, dtype=np.float32)[0], (len(words), 1))

    assert list(classes.find(context_of(grouped_bodies(), encode=unknown))) == []
    assert list(classes.find(context_of([PLAIN] * 30, encode=by_kind))) == []
    assert list(classes.find(context_of(["我 喜 欢 音 乐"] * 30, encode=by_kind))) == []


def test_every_kind_that_is_found_is_in_the_table_of_kinds():
    context = context_of(grouped_bodies(), encode=by_kind)
    kinds = {feature.kind for find in FINDERS for feature in find(context)}
    assert {"word", "class", "before", "after"} < kinds <= set(DESCRIPTOR_KINDS)
