"""The pieces of a text, joined, read as the text, whatever marks its tokenizer sets."""

import json

import pytest
from precompute.corpora import sentences
from precompute.families import tokenizer_of
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from neurotui.models.minilm import model_folder
from neurotui.models.token_pieces import UNKNOWN_PIECE, vocabulary
from neurotui.models.tokenizer import load_tokenizer

UNK, BEGIN = "<unk>", "<s>"
PLAIN = "the rain fell on the garden and the striker saw a comet near the old harbour"


def byte_fallback():
    """Llama's older kind: a bar is put before the text and for every space, and what is not known is bytes."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token=UNK))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    special = [UNK, BEGIN, "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    tokenizer.train_from_iterator(
        sentences(100),
        trainers.BpeTrainer(vocab_size=420, special_tokens=special, show_progress=False),
    )
    described = json.loads(tokenizer.to_str())
    # A trainer makes special tokens of the bytes, which in Llama's vocabulary are tokens like others.
    described["added_tokens"] = described["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(described))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token=UNK, bos_token=BEGIN)


def word_ends():
    """CLIP's and GPT-1's kind: a mark where a word ends."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token=UNK))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(
        sentences(100),
        trainers.BpeTrainer(vocab_size=200, special_tokens=[UNK], end_of_word_suffix="</w>", show_progress=False),
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token=UNK)


def whole_words():
    tokenizer = Tokenizer(models.WordLevel(unk_token=UNK))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(
        [*sentences(100), PLAIN], trainers.WordLevelTrainer(special_tokens=[UNK], show_progress=False)
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token=UNK)


KINDS = {
    "word": lambda: tokenizer_of("word", ("[CLS]",), ("[SEP]",)),
    "minilm": lambda: load_tokenizer(model_folder()),
    "byte": lambda: tokenizer_of("byte"),
    "sentence": lambda: tokenizer_of("sentence"),
    "byte fallback": byte_fallback,
    "word ends": word_ends,
    "whole words": whole_words,
}


@pytest.fixture(scope="module", params=KINDS)
def tokenizer(request):
    return KINDS[request.param]()


def joined(tokenizer, text):
    pieces = {token: piece for token, piece, _ in vocabulary(tokenizer)}
    return "".join(pieces[token] for token in tokenizer(text, add_special_tokens=False)["input_ids"])


def test_joined_pieces_read_as_the_text(tokenizer):
    assert joined(tokenizer, PLAIN).strip() == PLAIN


@pytest.mark.parametrize("kind", ["byte", "sentence"])
def test_pieces_keep_every_mark_and_space_where_the_tokenizer_does(kind):
    tokenizer = KINDS[kind]()
    for text in sentences(50, seed=2, longest=20):
        assert joined(tokenizer, text).removeprefix(" ") == text
    odd = "two  spaces, a\ttab\nand a line" if kind == "byte" else "two  spaces,   and three "
    assert joined(tokenizer, odd).removeprefix(" ") == odd


def test_words_begin_with_a_space_where_bert_begins_a_word(tokenizer):
    pieces = [piece for _, piece, special in vocabulary(tokenizer) if not special]
    assert not any("##" in piece and len(piece) > 3 for piece in pieces)
    assert not any(mark in piece for piece in pieces for mark in ("▁", "Ġ", "</w>"))


def test_every_token_has_one_piece_in_the_order_of_the_ids(tokenizer):
    ids = [token for token, _, _ in vocabulary(tokenizer)]
    assert ids == sorted(set(tokenizer.get_vocab().values()))


def test_special_tokens_keep_their_names_and_are_said_to_be_special(tokenizer):
    special = {token: piece for token, piece, is_special in vocabulary(tokenizer) if is_special}
    assert special == dict(zip(tokenizer.all_special_ids, tokenizer.all_special_tokens, strict=True))


@pytest.mark.parametrize("kind", ["byte", "byte fallback"])
def test_a_byte_reads_as_its_character_and_as_unknown_where_it_is_only_part_of_one(kind):
    tokenizer = KINDS[kind]()
    assert joined(tokenizer, "a ~ b\n").removeprefix(" ") == "a ~ b\n"
    read = joined(tokenizer, "\N{UNICORN FACE} b").strip()
    assert read.removesuffix(" b") == UNKNOWN_PIECE * len("\N{UNICORN FACE}".encode())
