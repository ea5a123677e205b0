"""Tiny models of many families, and each family's own words for what its neurons do.

``before`` and ``after`` are the special tokens of the family's tokenizer. ``inner`` names the layers that feed the
neurons and ``activation`` makes activations of what they put out: written down from the papers' formulas, so that
nothing here looks where neurotui looks.
"""

import math
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
import transformers
from precompute.corpora import mixed
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch.nn.functional import gelu, relu, silu
from transformers import AutoModel, PreTrainedTokenizerFast

LAYERS, WIDTH, UNITS = 2, 16, 24

gelu_tanh = partial(gelu, approximate="tanh")


def gated(activation):
    return lambda gate, up: activation(gate) * up


def halves(activation):
    return lambda both: activation(both.chunk(2, -1)[0]) * both.chunk(2, -1)[1]


class Family(NamedTuple):
    config: str
    sizes: dict
    tokenizer: str
    inner: tuple[str, ...]
    activation: Callable
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    reader: str = ""
    units: int = UNITS


ORDINARY = {
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "intermediate_size": UNITS,
}
GPT2 = {"n_embd": WIDTH, "n_layer": LAYERS, "n_head": 2}
T5 = {"d_model": WIDTH, "d_kv": 8, "d_ff": UNITS, "num_layers": LAYERS, "num_decoder_layers": 1, "num_heads": 2}
BART = {
    "d_model": WIDTH,
    "encoder_layers": LAYERS,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": UNITS,
    "decoder_ffn_dim": UNITS,
}
DISTIL = {"dim": WIDTH, "n_layers": LAYERS, "n_heads": 2, "hidden_dim": UNITS}
OPT = {
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "ffn_dim": UNITS,
    "word_embed_proj_dim": WIDTH,
}
GEMMA = {**ORDINARY, "num_key_value_heads": 1, "head_dim": 8, "hidden_activation": "gelu_pytorch_tanh"}
ENDS = {"before": ("[CLS]",), "after": ("[SEP]",)}
GATE = ("layers.{}.mlp.gate_proj", "layers.{}.mlp.up_proj")

FAMILIES = {
    "bert": Family("BertConfig", ORDINARY, "word", ("encoder.layer.{}.intermediate.dense",), gelu, **ENDS),
    "roberta": Family(
        "RobertaConfig",
        {**ORDINARY, "max_position_embeddings": 130, "pad_token_id": 1},
        "byte",
        ("encoder.layer.{}.intermediate.dense",),
        gelu,
        ("<s>",),
        ("</s>",),
    ),
    "distilbert": Family("DistilBertConfig", DISTIL, "word", ("transformer.layer.{}.ffn.lin1",), gelu, **ENDS),
    "modernbert": Family("ModernBertConfig", ORDINARY, "word", ("layers.{}.mlp.Wi",), halves(gelu), **ENDS),
    "gpt2": Family("GPT2Config", {**GPT2, "n_inner": UNITS}, "byte", ("h.{}.mlp.c_fc",), gelu_tanh),
    "gptj": Family(
        "GPTJConfig", {**GPT2, "n_inner": UNITS, "rotary_dim": 4}, "byte", ("h.{}.mlp.fc_in",), gelu_tanh
    ),
    "neox": Family("GPTNeoXConfig", ORDINARY, "byte", ("layers.{}.mlp.dense_h_to_4h",), gelu),
    "bloom": Family(
        "BloomConfig",
        {"hidden_size": WIDTH, "n_layer": LAYERS, "n_head": 2},
        "byte",
        ("h.{}.mlp.dense_h_to_4h",),
        gelu_tanh,
        units=4 * WIDTH,
    ),
    "llama": Family(
        "LlamaConfig", {**ORDINARY, "num_key_value_heads": 1}, "sentence", GATE, gated(silu), ("<s>",)
    ),
    "gemma": Family("GemmaConfig", GEMMA, "sentence", GATE, gated(gelu_tanh), ("<s>",)),
    "phi": Family("PhiConfig", ORDINARY, "byte", ("layers.{}.mlp.fc1",), gelu_tanh),
    "opt": Family("OPTConfig", OPT, "byte", ("decoder.layers.{}.fc1",), relu, ("</s>",)),
    "starcoder2": Family(
        "Starcoder2Config", {**ORDINARY, "num_key_value_heads": 1}, "byte", ("layers.{}.mlp.c_fc",), gelu_tanh
    ),
    "mpt": Family(
        "MptConfig",
        {"d_model": WIDTH, "n_layers": LAYERS, "n_heads": 2},
        "byte",
        ("blocks.{}.ffn.up_proj",),
        gelu,
        units=4 * WIDTH,
    ),
    "ibert": Family(
        "IBertConfig",
        {**ORDINARY, "max_position_embeddings": 130, "pad_token_id": 1},
        "byte",
        ("encoder.layer.{}.intermediate.dense",),
        gelu,
        ("<s>",),
        ("</s>",),
    ),
    "longformer": Family(
        "LongformerConfig",
        {**ORDINARY, "max_position_embeddings": 130, "pad_token_id": 1, "attention_window": 8},
        "byte",
        ("encoder.layer.{}.intermediate.dense",),
        gelu,
        ("<s>",),
        ("</s>",),
    ),
    "bart": Family("BartConfig", BART, "byte", ("layers.{}.fc1",), gelu, ("<s>",), ("</s>",), reader="encoder"),
    "t5": Family(
        "T5Config",
        T5,
        "sentence",
        ("block.{}.layer.1.DenseReluDense.wi",),
        relu,
        after=("</s>",),
        reader="encoder",
    ),
    "flan-t5": Family(
        "T5Config",
        {**T5, "feed_forward_proj": "gated-gelu"},
        "sentence",
        ("block.{}.layer.1.DenseReluDense.wi_0", "block.{}.layer.1.DenseReluDense.wi_1"),
        gated(gelu_tanh),
        after=("</s>",),
        reader="encoder",
    ),
}
# Those of which tests look at a whole run; all others are compared as models.
OF_WHOLE_RUNS = ("distilbert", "gpt2", "neox", "llama", "opt", "t5")
MINILM = Family("", {}, "", ("encoder.layer.{}.intermediate.dense",), gelu, **ENDS)


def commonest(tokenizer, size, inside=""):
    """Return the parts of our corpus's words that save the most tokens, with their log probabilities.

    Every character is there. `inside` goes before a part that does not begin its word. The trainers of
    tokenizers give other vocabularies from process to process, and a test that fails once in a hundred runs with them.
    """
    counts = Counter()
    for text in mixed(200):
        normal = tokenizer.normalizer.normalize_str(text) if tokenizer.normalizer else text
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal):
            for begin in range(len(word)):
                lead = inside if begin else ""
                counts.update((lead + word[begin:end], end - begin) for end in range(begin + 1, len(word) + 1))
    best = sorted(counts, key=lambda part: (part[1] > 1, -counts[part] * (part[1] - 1), part))
    total = sum(counts.values())
    single = sum(length == 1 for _, length in best)
    return [(part, math.log(counts[part, length] / total)) for part, length in best[: max(single, size)]]


def word_pieces():
    """BERT's kind: lower case, and ``##`` where a word goes on."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token=special[1]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    pieces = [*special, *(piece for piece, _ in commonest(tokenizer, 240 - len(special), "##"))]
    tokenizer.model = models.WordPiece(
        {piece: number for number, piece in enumerate(pieces)}, unk_token=special[1]
    )
    tokenizer.add_special_tokens(special)
    return tokenizer, {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}


def byte_pieces():
    """GPT-2's kind: every byte has a character."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        special_tokens=["<s>", "<pad>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(mixed(200), trainer)
    return tokenizer, {"bos": "<s>", "pad": "<pad>", "eos": "</s>"}


def sentence_pieces():
    """T5's and Llama's kind: a low bar where a word begins."""
    special = ["<pad>", "</s>", "<unk>", "<s>"]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    pieces = [*((piece, 0.0) for piece in special), *commonest(tokenizer, 280 - len(special))]
    tokenizer.model = models.Unigram(pieces, unk_id=special.index("<unk>"))
    tokenizer.add_special_tokens(special)
    return tokenizer, {"pad": "<pad>", "eos": "</s>", "unk": "<unk>", "bos": "<s>"}


TOKENIZERS = {"word": word_pieces, "byte": byte_pieces, "sentence": sentence_pieces}


def tokenizer_of(kind, before=(), after=()):
    """Return a tokenizer of a kind for our corpus, with these special tokens around every text."""
    tokenizer, names = TOKENIZERS[kind]()
    if before or after:
        ends = [(token, tokenizer.token_to_id(token)) for token in dict.fromkeys((*before, *after))]
        tokenizer.post_processor = processors.TemplateProcessing(
            single=[*before, "$A", *after], special_tokens=ends
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **{f"{role}_token": token for role, token in names.items()}
    )


def save(family, folder, head=AutoModel, **sizes):
    """Write a tiny model with random weights, large enough for its neurons to differ, and its tokenizer.

    `head` is the auto class of transformers that says what stands above the blocks.
    """
    tokenizer = tokenizer_of(family.tokenizer, family.before, family.after)
    ids = {
        f"{role}_token_id": getattr(tokenizer, f"{role}_token_id") for role in ("bos", "eos", "pad", "cls", "sep")
    }
    given = {"vocab_size": len(tokenizer), **ids, **family.sizes, **sizes}
    config = getattr(transformers, family.config)(**given)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = head.from_config(config)
        with torch.no_grad():
            for weight in model.parameters():
                if weight.dim() > 1:
                    weight.normal_(0, 0.35)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
