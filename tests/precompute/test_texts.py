"""Texts are cut, told apart, split and sampled by their content alone."""

import numpy as np
import pytest
from precompute.corpora import mixed, quiet, refused, sentences, write_lines
from precompute.families import tokenizer_of
from precompute.reference import content

from neurotui.models.minilm import model_folder
from neurotui.models.tokenizer import load_tokenizer
from neurotui.models.tokens import tokenise
from neurotui.precompute.corpus import documents
from neurotui.precompute.duplicates import content_hash
from neurotui.precompute.pipeline import PrecomputeSettings, precompute
from neurotui.precompute.shards import Folder
from neurotui.precompute.splits import split_of
from neurotui.precompute.texts import POOLED, SAMPLED, draw_texts, select, write_texts
from neurotui.store.run import Run

ENDS = {"word": ("[CLS]", "[SEP]"), "byte": ("<s>", "</s>"), "sentence": ("<s>", "</s>")}


@pytest.fixture(scope="module", params=["word", "byte", "sentence", "minilm"])
def tokenizer(request):
    if request.param == "minilm":
        return load_tokenizer(model_folder())
    before, after = ENDS[request.param]
    return tokenizer_of(request.param, (before,), (after,))


@pytest.mark.parametrize("most", [3, 4, 10, 64, 1_000])
def test_a_text_is_cut_at_the_tokens_that_were_asked_for(tokenizer, most):
    bodies = [body for body in mixed() if body.strip()]
    for body, tokens in zip(bodies, tokenise(bodies, tokenizer, most), strict=True):
        whole = tokenizer(body, add_special_tokens=False)["input_ids"]
        if not whole:
            assert tokens is None
            continue
        assert tokens.ids[1:-1] == whole[: most - 2]
        assert (tokens.first, tokens.end) == (1, len(tokens.ids) - 1)
        assert body.startswith(tokens.body)
        assert len(whole) >= most - 2 or tokens.body == body


def test_each_token_ends_where_the_next_begins_and_all_of_them_cover_the_body(tokenizer):
    for body in sentences(20, seed=5, longest=40):
        for most in (6, 1_000):
            (tokens,) = tokenise([body], tokenizer, most)
            assert len(tokens.ends) == len(tokens.ids)
            assert tokens.ends == sorted(tokens.ends)
            assert tokens.ends[-1] == len(tokens.body)
            parts = [body[begin:end] for begin, end in zip([0, *tokens.ends], tokens.ends, strict=False)]
            assert "".join(parts) == tokens.body


# A unigram vocabulary has its special tokens among its words, and finds them in texts whatever it is told.
@pytest.mark.parametrize("tokenizer", ["word", "byte", "minilm"], indirect=True)
def test_what_a_text_writes_like_a_special_token_is_words_like_any_others(tokenizer):
    special = tokenizer.all_special_tokens
    (tokens,) = tokenise([" ".join(["rain", *special, "sea"])], tokenizer, 200)
    unknown = {tokenizer.unk_token_id}
    assert not set(tokens.ids[tokens.first : tokens.end]) & (set(tokenizer.all_special_ids) - unknown)


def test_nothing_counts_where_only_special_tokens_have_room(tokenizer):
    for most in (1, 2):
        assert tokenise(["rain on the sea", "x"], tokenizer, most) == [None, None]


def test_a_corpus_of_which_nothing_counts_is_refused_and_leaves_nothing(texts, settings):
    before = sorted(texts.parent.iterdir())
    said = refused(
        precompute,
        [str(texts)],
        texts.with_name("run.duckdb"),
        PrecomputeSettings(settings.model, max_tokens=2),
        progress=quiet,
    )
    assert "of 2 tokens 2 are special" in said
    assert sorted(texts.parent.iterdir()) == before


def test_blank_texts_are_left_out_and_counted(tmp_path, settings):
    path = tmp_path / "texts.txt"
    path.write_text("rain\n\n  \t\nsea\n\x01\n")
    made = precompute([str(path)], tmp_path / "run.duckdb", settings, progress=quiet)
    assert (made.texts, made.texts_left_out) == (2, 3)
    with Run(tmp_path / "run.duckdb") as run:
        assert run.texts().source_id == ("texts:1", "texts:4")
        assert run.meta["texts_left_out"] == "3"


def test_case_form_and_space_do_not_tell_texts_apart_and_anything_else_does():
    same = ["The ﬁsh  swam", "the fish swam ", "THE FISH\n\tSWAM", "\u3000the\N{NO-BREAK SPACE}fish swam"]
    assert len({content_hash(body, 0) for body in same}) == 1
    other = ["the fish swam.", "the fish swam", "thefish swam", "the fish"]
    assert len({content_hash(body, 0) for body in other}) == 4
    assert content_hash("the fish swam", 1) != content_hash("the fish swam", 0)
    assert content_hash("The ﬁsh  swam", 7) == content("The ﬁsh  swam", 7)


def test_half_of_all_contents_go_to_each_split_and_other_halves_with_another_seed():
    bodies = [f"text number {number}" for number in range(4_000)]
    split = np.array([[split_of(content_hash(body, seed)) == "calibration" for body in bodies] for seed in (0, 1)])
    assert (np.abs(split.mean(1) - 0.5) < 0.03).all()
    assert abs((split[0] == split[1]).mean() - 0.5) < 0.03


WHOLE = np.zeros(0, np.int32)


def hashes(count, seed=0):
    return np.random.default_rng(seed).integers(0, 2**64, (count, 2), dtype=np.uint64)


def test_only_the_first_copy_of_a_content_may_be_an_exemplar():
    repeated = hashes(30)[np.r_[0:30, 3, 3, 29]]
    chosen = select(repeated, WHOLE)
    assert chosen.original.tolist() == [True] * 30 + [False] * 3
    assert sorted(chosen.sample.tolist()) == list(range(30))
    # Copies are no evidence of their own: a figure over texts with pooled activations counts a content once.
    assert chosen.pooled.tolist() == chosen.original.tolist()


def test_samples_are_the_smallest_hashes_and_do_not_depend_on_the_order_of_texts():
    given = hashes(POOLED + 5_000)
    chosen = select(given, WHOLE)
    keys = [tuple(row) for row in given.tolist()]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    assert chosen.sample.tolist() == order[:SAMPLED]
    assert np.flatnonzero(chosen.pooled).tolist() == sorted(order[:POOLED])
    turned = select(given[::-1], WHOLE)
    assert (given[::-1][turned.sample] == given[chosen.sample]).all()
    assert (turned.pooled[::-1] == chosen.pooled).all()


def test_texts_are_drawn_by_their_hashes_and_windows_from_as_many_documents_as_there_are():
    given = hashes(400)
    ordered = sorted(range(400), key=lambda text: tuple(given[text].tolist()))
    assert draw_texts(given, WHOLE, 300).tolist() == ordered[:300]
    assert draw_texts(given, WHOLE, 401).tolist() == ordered
    # 100 documents of four windows each.
    document = np.repeat(np.arange(100, dtype=np.int32), 4)
    drawn = draw_texts(given, document, 90)
    assert len(set(document[drawn].tolist())) == 90
    assert draw_texts(given, document, 401).tolist() == ordered
    more = draw_texts(given, document, 120)
    assert len(set(more.tolist())) == 120
    assert set(document[more].tolist()) == set(range(100))
    for some in (drawn, more):
        assert [tuple(given[text].tolist()) for text in some] == sorted(
            tuple(given[text].tolist()) for text in some
        )


def test_the_digest_is_of_the_texts_in_their_order(tmp_path):
    tokenizer = tokenizer_of("byte")

    def written(bodies):
        path = write_lines(tmp_path / "texts.jsonl", bodies)
        settings = PrecomputeSettings(gold_fields=("topic",))
        return write_texts(
            documents([path], settings), tokenizer, settings, tmp_path / "texts.arrow", progress=quiet
        ).digest

    bodies = sentences(600)
    first = written(bodies)
    assert written(bodies) == first
    assert written([*bodies[1:], bodies[0]]) != first
    assert written([*bodies[:-1], bodies[-1] + "!"]) != first


def test_texts_lie_in_blocks_and_a_shards_are_found_without_the_others(many):
    folder = Folder(many.shards)
    everything = [source for block in folder.texts() for source in block.column("source_id").to_pylist()]
    assert [block.num_rows for block in folder.texts()] == [512, 512, 76]
    second = [source for block in folder.texts(512, 1_024) for source in block.column("source_id").to_pylist()]
    assert second == everything[512:1_024]
