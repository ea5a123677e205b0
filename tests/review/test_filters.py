"""The filter's language: every text is a filter or a problem with a place, and a filter picks the right neurons."""

import random

import numpy as np
import pytest
from rich.cells import cell_len
from tui.figures import NAN, SMALL, overview

from neurotui.review import filters
from neurotui.review.filters import AnyOf, Filter, FilterProblem, parse, whole_before
from neurotui.review.terms.protocol import AskedTerm, Columns, TermKind
from neurotui.sanitize import visible
from neurotui.types import STATES

# One label of a person's own, and one neuron in each state.
COLUMNS = Columns(
    SMALL,
    np.array([STATES.index(s) for s in ("accepted", "rejected", "skipped", "open", "open", "open")], np.int8),
    {0: "Penalty Kicks"},
)


def found(text):
    filter_ = parse(text)
    assert isinstance(filter_, Filter), filter_
    mask = filter_.mask(COLUMNS)
    assert mask.shape == (len(SMALL),)
    assert mask.dtype == np.bool_
    return np.flatnonzero(mask).tolist()


@pytest.mark.parametrize(
    ("text", "neurons"),
    [
        ("", [0, 1, 2, 3, 4, 5]),
        ("   ", [0, 1, 2, 3, 4, 5]),
        ("football", [0, 1, 3]),
        ("FOOTBALL", [0, 1, 3]),
        ("ball mat", [0, 1, 3]),
        ("football sky", [1, 3]),
        ('"football sky"', []),
        ('"night sky"', [1, 3]),
        ("penalty", [0]),
        ('"penalty kicks"', [0]),
        ("strassenbahn", [2, 3]),
        ("STRASSENBAHN", [2, 3]),
        ("[cls]", [5]),
        ('"<b>"', []),
        ("!football", [2, 4, 5]),
        ('!"night sky"', [0, 2, 4, 5]),
        ("football !sky", [0]),
        ("layer:3", [2, 3]),
        ("layer:3-4", [2, 3, 4]),
        ("LAYER:0-12", [0, 1, 2, 3, 4, 5]),
        ("layer:99999", []),
        ("!layer:3", [0, 1, 4, 5]),
        ("L3.797", [2]),
        ("l3.797", [2]),
        ("L3", [2, 3]),
        ("L3.", [2, 3]),
        ("L3.798", []),
        ("L99999.999999999", []),
        ("!L3.797", [0, 1, 3, 4, 5]),
        ("state:accepted", [0]),
        ("state:rejected", [1]),
        ("state:skipped", [2]),
        ("State:OPEN", [3, 4, 5]),
        ("!state:open", [0, 1, 2]),
        ("score>0.8", [0]),
        ("score>=0.8", [0, 1]),
        ("score>=80%", [0, 1]),
        ("score<.6", [5]),
        ("score<=0.6", [3, 5]),
        ("score>0", [0, 1, 2, 3, 5]),
        ("!score>0", [4]),
        ("fires<1%", [2, 4]),
        ("fires<=1%", [1, 2, 4]),
        ("fires<0.01", [2, 4]),
        ("score<=1", [0, 1, 2, 3, 5]),
        ("fires>0.2", [0, 5]),
        ("fires>=100%", [5]),
        ("fires<=0", [4]),
        ("layer:3-12 !sky score<0.6", [5]),
        ('football"night sky"', None),
        ('"football""night sky"', [1, 3]),
        ("layer:3\tlayer:3\u3000state:open", [3]),
        ("football OR sky", [0, 1, 3]),
        ("strassenbahn OR penalty", [0, 2, 3]),
        ("football OR strassenbahn layer:3", [2, 3]),
        ("layer:3 football OR strassenbahn", [2, 3]),
        ("layer:0 OR layer:12 sky OR [cls]", [1, 5]),
        ("!football OR sky", [1, 2, 3, 4, 5]),
        ("L0.0 OR L4.7 OR score<0.6", [0, 4, 5]),
        ('"football" OR "night sky"', [0, 1, 3]),
        ("football or sky", []),
        ('"OR"', []),
    ],
)
def test_a_filter_picks_the_neurons_for_which_all_its_terms_hold(text, neurons):
    if neurons is None:
        assert isinstance(parse(text), FilterProblem)
    else:
        assert found(text) == neurons


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("!", 0, "'!' stands before"),
        ("sky !", 4, "'!' stands before"),
        ("!!sky", 0, "one '!' is enough"),
        ('"night', 0, "a quote is not closed"),
        ('sky !"', 4, "a quote is not closed"),
        ('""', 0, "there is nothing between the quotes"),
        ('ni"ght', 0, "quotes go round a whole phrase"),
        ("  colour:red", 2, "no key 'colour': layer state score fires"),
        ("http://a", 0, "no key 'http'"),
        ("layer>3", 0, "write layer:3-5"),
        ("state<open", 0, "write state:open"),
        ("score:0.8", 0, "write score>0.8"),
        ("fires:1%", 0, "write fires<1%"),
        ("layer:", 0, "which layer?"),
        ("layer:x", 0, "'x' is no layer"),
        ("layer:3-", 0, "'3-' is no layer"),
        ("layer:3-5-7", 0, "is no layer"),
        ("layer:123456", 0, "is no layer"),
        ("layer:\u0663", 0, "is no layer"),
        ("layer:5-3", 0, "layers 5 to 3 run backwards"),
        ("state:", 0, "which state? open, accepted, rejected, skipped"),
        ("state:done", 0, "'done' is no state: open, accepted, rejected, skipped, conflict, wording"),
        ("score>", 0, "score> needs a number"),
        ("score>=", 0, "score>= needs a number"),
        ("score>a", 0, "'a' is no number"),
        ("score>-1", 0, "'-1' is no number"),
        ("score>1e3", 0, "'1e3' is no number"),
        ("score>nan", 0, "'nan' is no number"),
        ("score>.", 0, "'.' is no number"),
        ("score>\u0660", 0, "is no number"),
        ("fires<1%%", 0, "'1%%' is no number"),
        ("fires<1", 0, "write fires<1% or fires<0.01"),
        ("sky fires>=2.5", 4, "write fires>=2.5% or fires>=0.025"),
        ("score>80", 0, "write score>80% or score>0.8"),
        ("score>101", 0, "score goes from 0 to 1, or to 100%"),
        ("fires<101%", 0, "fires goes from 0 to 1, or to 100%"),
        ("score >0.8", 6, "a sign stands right behind its key"),
        ("fires < 1%", 6, "a sign stands right behind its key"),
        ("state !:open", 6, "a sign stands right behind its key"),
        ("<b>", 0, "'<' needs a key before it, as in score>0.8; a word like this goes in quotes"),
        ("sky >0.8", 4, "'>' needs a key before it"),
        ("!:)", 0, "':' needs a key before it"),
        ("sky  !state:x  layer:y", 5, "'x' is no state"),
        ("OR", 0, "OR stands between two terms"),
        ("OR sky", 0, "OR stands between two terms"),
        ("sky OR", 4, "OR stands between two terms"),
        ("sky OR OR law", 7, "OR stands between two terms"),
        ("sky OR state:x", 7, "'x' is no state"),
    ],
)
def test_what_is_no_filter_is_a_problem_with_its_place(text, position, says):
    problem = parse(text)
    assert isinstance(problem, FilterProblem)
    assert problem.position == position
    assert says in problem.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("state:{}", "…' is no state: open, accepted, rejected, skipped, conflict, wording"),
        ("layer:{}", "…' is no layer: layer:3 or layer:3-5"),
        ("score>{}", "…' is no number"),
        ("<{}>", "as in score>0.8; a word like this goes in quotes"),
    ],
)
@pytest.mark.parametrize("value", ["x" * 60, "夜" * 60, "\x1b" * 60], ids=["long", "wide", "control"])
def test_what_is_said_of_a_long_term_has_room_in_a_narrow_terminal(text, says, value):
    problem = parse(text.format(value))
    assert isinstance(problem, FilterProblem)
    assert problem.message.endswith(says)
    assert cell_len(visible(problem.message)) <= 78


@pytest.mark.parametrize("wrong", ["x", "x" * 60, "q" * 9])
@pytest.mark.parametrize("more", [(), ("unit",), tuple(f"another{letter}" for letter in "abcdefgh")], ids=len)
def test_a_wrong_key_is_answered_with_the_keys_for_which_there_is_room(monkeypatch, more, wrong):
    for key in more:
        term = TermKind(key=key, parse=lambda _sign, _value: "", example=f"{key}:3", help=(f"{key}:3", ""))
        monkeypatch.setitem(filters.KEYED, key, term)
    problem = parse(f"{wrong}:3")
    assert isinstance(problem, FilterProblem)
    assert cell_len(problem.message) <= 78
    begin, _, told = problem.message.partition(": ")
    assert begin.startswith(f"no key '{wrong[:8]}")
    named = told.removesuffix(" …").split()
    assert named == list(filters.KEYED)[: len(named)]
    left = list(filters.KEYED)[len(named) :]
    assert told.endswith(" …") == bool(left)
    assert not left or cell_len(problem.message) + len(left[0]) + 1 > 78


def test_a_bound_of_many_digits_is_told_in_few():
    problem = parse(f"score>2.{'0' * 90}1")
    assert isinstance(problem, FilterProblem)
    assert problem.message == "write score>2% or score>0.02"


ALPHABET = [
    *'ab L3."!:<>=-%09 \t\n',
    " OR ",
    "layer:",
    "state:",
    "score>",
    "fires<",
    "open",
    "\x00",
    "\x1b",
    "٣",
    "\ud800",
    "ß",
    "İ",
]


def random_texts(count=4000):
    chance = random.Random(11)  # noqa: S311 - not a secret
    for _ in range(count):
        yield "".join(chance.choices(ALPHABET, k=chance.randrange(14)))


def test_any_text_at_all_is_a_filter_or_a_problem_at_one_of_its_terms():
    outcomes = set()
    for text in random_texts():
        read = parse(text)
        outcomes.add(type(read))
        if isinstance(read, Filter):
            assert read.mask(COLUMNS).shape == (len(SMALL),)
            again = parse(read.text)
            assert again == read
            assert [type(term) for term, _ in again.terms] == [type(term) for term, _ in read.terms]
        else:
            assert read.message
            assert not text[read.position].isspace()
            whole = whole_before(text, read)
            assert text[: read.position].split()[: len(whole.text.split())] == whole.text.split()
            assert parse(whole.text) == whole
    assert outcomes == {Filter, FilterProblem}


def test_not_turns_any_term_round():
    for text in random_texts():
        read = parse(text)
        if not isinstance(read, Filter) or len(read.terms) != 1:
            continue
        ((term, negated),) = read.terms
        if not negated and not isinstance(term, AnyOf):
            turned = parse("!" + read.text)
            assert isinstance(turned, Filter)
            assert (turned.mask(COLUMNS) == ~read.mask(COLUMNS)).all()


def test_terms_narrow_and_their_order_does_not_matter():
    for text in random_texts(800):
        one, other = parse(text), parse(f"{text} state:open")
        if isinstance(one, Filter) and isinstance(other, Filter) and len(other.terms) == len(one.terms) + 1:
            assert not (other.mask(COLUMNS) & ~one.mask(COLUMNS)).any()
            assert (parse(f"state:open {text}").mask(COLUMNS) == other.mask(COLUMNS)).all()


def test_a_run_without_neurons_or_descriptors_can_be_filtered():
    for rows in ([], [(0, 0, [], NAN, 0.1)]):
        empty = overview(rows, names=())
        columns = Columns(empty, np.zeros(len(rows), np.int8), {})
        for text in ("sky", "!sky", "layer:0", "score>0.5", "fires<1%", "state:open", "L0.0"):
            assert parse(text).mask(columns).shape == (len(rows),)


@pytest.mark.parametrize(
    ("text", "neurons"),
    [
        ("by:keywords", [0, 1, 3]),
        ("by:OPENAI", [2, 3]),
        ("by:open", [2, 3]),
        ("by:ada", [4]),
        ("!by:keywords", [2, 4, 5]),
        ("by:nobody", []),
        # A name is known by how it begins: a part of it is another's name.
        ("by:words", []),
        ("by:ai", []),
        ("by:da", []),
        ("by:person", [4]),
        ("by:son", []),
        ("token:goal", [1, 5]),
        ("token:GOAL !by:keywords", [5]),
        ("token:unknown", []),
        ("promotes:Goal", [0, 2]),
        ('promotes:" goal"', [0, 2]),
        ("promotes:unknown", []),
        ('best:"football match"', [0, 3]),
        ('!best:"Football Match" layer:3', [2]),
        ("best:football", []),
        ('by:"open"', [2, 3]),
    ],
)
def test_who_proposed_or_decided_and_where_exemplars_peak(text, neurons):
    columns = COLUMNS._replace(
        backends=("keywords", "keywords", "openai", "stranger"),
        authors={4: ("ada", "person")},
        found={
            AskedTerm("token", "goal"): np.isin(np.arange(6), [1, 5]),
            AskedTerm("promotes", "goal"): np.isin(np.arange(6), [0, 2]),
        },
    )
    filter_ = parse(text)
    assert isinstance(filter_, Filter), filter_
    assert np.flatnonzero(filter_.mask(columns)).tolist() == neurons


def test_a_filter_says_what_the_run_must_be_asked():
    filter_ = parse("token:Goal layer:3 !promotes:net")
    assert isinstance(filter_, Filter)
    assert filter_.asks == (AskedTerm("token", "goal"), AskedTerm("promotes", "net"))


@pytest.mark.parametrize("text", ["by:", "token:", "promotes:", "by>ada", "goal token:"])
def test_what_is_missing_is_marked_from_end_to_end(text):
    problem = parse(text)
    assert isinstance(problem, FilterProblem)
    assert text[problem.position : problem.end] == text.split()[-1]


def test_what_is_whole_before_a_fault_is_a_filter():
    for text, whole in (
        ("sky OR", "sky"),
        ("sky OR state:x", "sky"),
        ("a OR b OR", "a OR b"),
        ("OR", ""),
        ("a !", "a"),
    ):
        assert whole_before(text, parse(text)) == parse(whole)


def test_alternatives_widen_and_a_filter_hears_of_the_words_in_them():
    read = parse("token:Goal OR token:net court OR !law OR sky")
    assert isinstance(read, Filter)
    assert read.asks == (AskedTerm("token", "goal"), AskedTerm("token", "net"))
    assert [word.text for word in read.searched] == ["court", "sky"]
    assert parse(read.text) == read


def test_of_words_side_by_side_the_least_counts_and_of_alternatives_the_most():
    near = {"music": np.array([0, 0, 0, 0, 0.5, 0.2], np.float32)}
    columns = COLUMNS._replace(near=near)
    assert parse("music").relevance(columns).tolist() == pytest.approx([0, 0, 0, 0, 1.5, 1.2])
    assert parse('"music"').relevance(columns).tolist() == [0] * 6
    assert parse("football OR music").relevance(columns).tolist() == pytest.approx([4, 0.5, 0, 4, 1.5, 1.2])
    assert parse("football music").relevance(columns).tolist() == [0] * 6
    assert parse("layer:3 !music").relevance(columns) is None
    assert found_in("music", columns) == [4, 5]
    assert found_in("!music", columns) == [0, 1, 2, 3, 4, 5]


def found_in(text, columns):
    return np.flatnonzero(parse(text).mask(columns)).tolist()


@pytest.mark.parametrize(
    ("text", "neurons"),
    [
        ("caf\u00e9", [0, 1]),
        ("CAFE\u0301", [0, 1]),
        ('"cafe\u0301 culture"', [0, 1]),
        ("\uff43\uff41\uff46\uff45\u0301", [0, 1]),
        ("istanbul", [2, 3]),
        ("\u0130STANBUL", [2, 3]),
        ("\u0131stanbul", [2, 3]),
        ("strasse", [2, 3, 4]),
        ("fine", [5]),
        ('"a b"', [5]),
        ("by:zo\u00e9", [0, 1]),
        ("by:ZOE\u0301", [0, 1]),
        ("by:\u0131stanbul", [2]),
    ],
)
def test_every_spelling_of_a_word_or_a_name_finds_it(text, neurons):
    labels = [
        "caf\u00e9 culture",
        "Cafe\u0301  culture",
        "\u0130stanbul",
        "ISTANBUL",
        "Stra\u00dfe",
        "\ufb01ne a\u00a0b",
    ]
    authors = {0: ("Zoe\u0301",), 1: ("Zo\u00e9",), 2: ("\u0130stanbul",)}
    columns = COLUMNS._replace(labels=dict(enumerate(labels)), authors=authors)
    filter_ = parse(text)
    assert isinstance(filter_, Filter), filter_
    assert np.flatnonzero(filter_.mask(columns)).tolist() == neurons
