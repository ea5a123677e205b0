"""Model folders as people save them: wrapped, halved, without a word on what they can read."""

import json
import shutil

import pytest
import torch
import transformers
from precompute.corpora import quiet, refused, sentences
from precompute.families import FAMILIES, T5, save, tokenizer_of
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers

from neurotui.errors import UserError
from neurotui.models.activations import Model, blueprint
from neurotui.models.heads import ModelWithHead
from neurotui.models.locate_model import locate
from neurotui.models.tokenizer import load_tokenizer, most_tokens
from neurotui.models.tokens import tokenise
from neurotui.models.weights import weights_hash
from neurotui.precompute.pipeline import PrecomputeSettings, precompute


@pytest.fixture
def model(bert, tmp_path):
    """Return a copy of a model that a test may spoil."""
    return shutil.copytree(bert, tmp_path / "model")


def changed(file, **values):
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def of_kind(kind, folder, **sizes):
    """Write a tiny model of a family that differs from one we know by its configuration alone."""
    family = FAMILIES["roberta"]
    return save(family._replace(config=kind, sizes={**family.sizes, **sizes}), folder)


@pytest.mark.parametrize("kind", ["Data2VecTextConfig", "RobertaPreLayerNormConfig", "EsmConfig", "LukeConfig"])
def test_a_text_is_cut_where_a_table_of_positions_ends_whatever_the_family_is_called(kind, tmp_path):
    few_entities = {"entity_vocab_size": 10} if kind == "LukeConfig" else {}
    folder = of_kind(kind, tmp_path, max_position_embeddings=40, **few_entities)
    fewer = most_tokens(blueprint(folder), load_tokenizer(folder), 500)
    assert fewer == 38
    Model(folder).trace([5] * fewer)


def test_a_text_that_a_model_cannot_read_is_refused_with_its_reason(tmp_path):
    folder = of_kind("EsmConfig", tmp_path, max_position_embeddings=40)
    said = refused(Model(folder).trace, [5] * 41)
    assert "of type 'esm', cannot read a text of 41 tokens: index out of range" in said


def test_a_padded_text_is_heard_as_long_as_it_is(tmp_path):
    heard = ModelWithHead(save(FAMILIES["longformer"], tmp_path))
    tokens = list(range(5, 16))
    before = heard.trace(tokens)
    assert {len(trace) for trace in before.values()} == {len(tokens)}
    with heard.shifted(1, 3, torch.full((len(tokens),), 2.0)):
        after = heard.trace(tokens)
    assert torch.equal(before[0], after[0])


@pytest.mark.parametrize("kind", ["T5", "MT5"])
def test_an_encoder_that_was_saved_alone_is_the_encoder_of_the_whole(kind, tmp_path):
    tokenizer = tokenizer_of("sentence", after=("</s>",))
    tokenizer.save_pretrained(tmp_path)
    config = getattr(transformers, f"{kind}Config")(vocab_size=len(tokenizer), pad_token_id=0, **T5)
    whole = getattr(transformers, f"{kind}Model")(config)
    whole.save_pretrained(tmp_path / "whole")
    tokenizer.save_pretrained(tmp_path / "whole")
    alone = getattr(transformers, f"{kind}EncoderModel").from_pretrained(tmp_path / "whole")
    alone.save_pretrained(tmp_path)
    found, expected = Model(tmp_path).trace([5, 6, 7]), Model(tmp_path / "whole").trace([5, 6, 7])
    assert blueprint(tmp_path).units == blueprint(tmp_path / "whole").units
    assert all(torch.equal(found[layer], expected[layer]) for layer in (0, 1))


@pytest.mark.parametrize("wrapper", ["module.", "_orig_mod.", "module._orig_mod."])
def test_weights_that_were_saved_in_a_wrapper_are_found(model, wrapper):
    expected = Model(model).trace([5, 6, 7])
    weights = load_file(model / "model.safetensors")
    wrapped = {wrapper + name: weight for name, weight in weights.items()}
    save_file(wrapped, model / "model.safetensors", metadata={"format": "pt"})
    found = Model(model).trace([5, 6, 7])
    assert all(torch.equal(found[layer], expected[layer]) for layer in expected)


@pytest.mark.parametrize(("said", "most"), [("24", 24), (24.0, 24), (0, 50), (None, 50), ("long", 50), (-1, 50)])
def test_a_tokenizer_may_say_anything_of_its_longest_text(model, said, most):
    changed(model / "tokenizer_config.json", model_max_length=said)
    assert most_tokens(blueprint(model), load_tokenizer(model), 50) == most


def test_a_tokenizer_that_leaves_no_room_for_a_text_is_refused_with_what_to_mend(model):
    changed(model / "tokenizer_config.json", model_max_length=2)
    with pytest.raises(UserError) as caught:
        most_tokens(blueprint(model), load_tokenizer(model), 50)
    assert "of 2 tokens 2 are special" in caught.value.message
    assert "'model_max_length'" in caught.value.hint


def test_positions_below_nothing_are_refused_by_name(model):
    changed(model / "config.json", max_position_embeddings=-1)
    assert "says that 'max_position_embeddings' is '-1'" in refused(blueprint, model)


def test_a_model_of_many_languages_says_which_it_reads(tmp_path):
    of_kind("XmodConfig", tmp_path, languages=("en_XX", "de_DE"))
    with pytest.raises(UserError, match="reads en_XX, de_DE, and does not say which") as caught:
        blueprint(tmp_path)
    assert '"default_language": "en_XX"' in caught.value.hint
    changed(tmp_path / "config.json", default_language="de_DE")
    Model(tmp_path).trace([5, 6, 7])


def spoiled(folder, kind):
    weights = folder / "model.safetensors"
    match kind:
        case "adapter":
            shutil.rmtree(folder)
            folder.mkdir()
            (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "some/base"}')
        case "variant":
            weights.rename(folder / "model.fp16.safetensors")
        case "folder":
            (folder / "0_Transformer").mkdir()
            for file in [file for file in folder.iterdir() if file.is_file()]:
                file.rename(folder / "0_Transformer" / file.name)
        case "gguf":
            weights.rename(folder / "model-q4.gguf")
        case "link":
            weights.unlink()
            weights.symlink_to("nowhere")


@pytest.mark.parametrize(
    ("kind", "says", "hint"),
    [
        ("adapter", "an adapter for the model 'some/base', not a model", "merge_and_unload"),
        ("variant", "no model.safetensors", "/model.fp16.safetensors "),
        ("folder", "no config.json", "--model "),
        ("gguf", "'model-q4.gguf' is a quantised copy", "a folder with config.json"),
        ("link", "no model.safetensors", "a folder with config.json"),
    ],
)
def test_a_folder_without_a_model_says_what_it_holds(model, kind, says, hint):
    spoiled(model, kind)
    with pytest.raises(UserError) as caught:
        locate(str(model))
    assert says in caught.value.message
    assert hint in caught.value.hint


def test_what_transformers_says_of_a_folder_is_said_in_our_words(model):
    weights = (model / "model.safetensors").read_bytes()
    changed(model / "config.json", intermediate_size=7)
    assert "its weights have other sizes than its config.json says" in refused(Model, model)
    changed(model / "config.json", num_attention_heads=0)
    assert "cannot be loaded" in refused(Model, model)
    (model / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n")
    assert "git lfs pull" in refused(weights_hash, model)
    (model / "model.safetensors").write_bytes(weights[:4])
    assert "is damaged" in refused(weights_hash, model)


def test_a_tokenizer_that_fails_at_a_text_is_named(model):
    file = model / "tokenizer.json"
    broken = json.loads(file.read_text())
    broken["model"]["vocab"] = {}
    file.write_text(json.dumps(broken))
    said = refused(tokenise, ["rain"], load_tokenizer(model), 20)
    assert "the model's tokenizer cannot read a text" in said


def test_a_tokenizer_of_the_slow_kind_is_refused_by_its_name(tmp_path):
    save(FAMILIES["t5"], tmp_path)
    for file in tmp_path.glob("*token*"):
        file.unlink()
    transformers.ByT5Tokenizer().save_pretrained(tmp_path)
    assert "a ByT5Tokenizer, does not say where in a text its tokens stand" in refused(load_tokenizer, tmp_path)


def test_what_is_shown_of_a_text_is_what_was_read_whatever_side_was_cut(model):
    changed(model / "tokenizer_config.json", truncation_side="left")
    tokenizer = load_tokenizer(model)
    body = "one two three four five six seven eight nine ten"
    (whole,), (found,) = tokenise([body], tokenizer, 500), tokenise([body], tokenizer, 12)
    assert found.cut
    assert not whole.cut
    assert found.ids[found.first : found.end] == whole.ids[whole.first :][: found.end - found.first]
    assert body.startswith(found.body)
    assert found.body == body[: found.ends[-1]]


def test_the_space_that_sentencepiece_puts_before_a_text_is_not_its_first_letter():
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=_llama())
    for body in ("Carly", "\nCarly", "a b"):
        (found,) = tokenise([body], tokenizer, 50)
        begins = [0, *found.ends[:-1]]
        pieces = [body[begin:end] for begin, end in zip(begins, found.ends, strict=True)]
        assert "".join(pieces) == body
        read = tokenizer.convert_ids_to_tokens(found.ids)
        assert all(
            piece.strip() == token.strip("\N{LOWER ONE EIGHTH BLOCK}").replace("<0x0A>", "")
            for piece, token in zip(pieces, read, strict=True)
        )


def _llama():
    """Return a tokenizer like Llama's: a space is put before a text, and letters stand for themselves."""
    bar = "\N{LOWER ONE EIGHTH BLOCK}"
    characters = [*"abCrly", bar, "<0x0A>"]
    names = {token: number for number, token in enumerate(["<unk>", "<s>", *characters, f"{bar}a", f"{bar}b"])}
    merges = [(bar, "a"), (bar, "b")]
    tokenizer = Tokenizer(models.BPE(names, merges, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend(bar), normalizers.Replace(" ", bar)])
    return tokenizer


def test_texts_that_were_cut_are_counted(model, tmp_path):
    file = tmp_path / "texts.txt"
    file.write_text("\n".join([*sentences(20), "so long " * 500, "as long as this " * 500, "short   "]))
    told = precompute(
        [str(file)], tmp_path / "run.duckdb", PrecomputeSettings(str(model), workers=1), progress=quiet
    )
    assert told.texts_cut == 2
