"""A language model in this process: the same prompts, the same parser, the same cache."""

import shutil

import numpy as np
import pytest
import torch
from tiny_texts import ORDER, PHRASES, SHOWN, TEXTS, TINY_MODEL
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

from neurotui.backends.registry import choose
from neurotui.backends.settings import BackendSettings
from neurotui.errors import UserError


def quiet(stage, done, total):
    assert stage
    assert 0 <= done <= total


def proposed(backend, texts=TEXTS):
    return backend.propose(texts, np.ones(len(texts), np.bool_), quiet)


def backend_for(model=TINY_MODEL, cache=None, **chosen):
    return choose("transformers", BackendSettings(llm=str(model), device="cpu", **chosen), cache=cache)


def test_a_local_model_names_what_it_sees_in_each_text():
    backend = backend_for(texts_per_request=4)
    assert proposed(backend, [*TEXTS, "", TEXTS[0]]) == [*PHRASES, (), PHRASES[0]]
    assert backend.failures == backend.warnings == ()
    assert backend.label(SHOWN) == ("battery", "devices")
    assert backend.estimate(TEXTS).asked == 0
    assert backend.estimate(["new"]).calls == 0


def test_batches_change_nothing():
    assert proposed(backend_for(texts_per_request=1)) == proposed(backend_for(texts_per_request=6)) == PHRASES


def test_an_order_in_a_text_changes_no_other_text():
    found = proposed(backend_for(texts_per_request=3), [TEXTS[0], ORDER, TEXTS[1]])
    assert [found[0], found[2]] == PHRASES[:2]


def test_what_is_known_needs_no_model(tmp_path, monkeypatch):
    path = tmp_path / "replies.sqlite"
    first = backend_for(cache=path)
    assert proposed(first) == PHRASES
    assert first.label(SHOWN) == ("battery", "devices")

    def refuse(*_):
        raise AssertionError("the model was loaded")

    monkeypatch.setattr("neurotui.backends.transformers.backend.LocalModel", refuse)
    second = backend_for(cache=path)
    assert proposed(second) == PHRASES
    assert second.label(SHOWN) == ("battery", "devices")


def test_other_weights_under_the_same_name_are_asked_anew(tmp_path):
    model, path = tmp_path / "model", tmp_path / "replies.sqlite"
    shutil.copytree(TINY_MODEL, model)
    proposed(backend_for(model, path))
    (model / "generation_config.json").touch()
    assert backend_for(model, path).estimate(TEXTS).asked == len(TEXTS)


def test_a_model_that_only_continues_text_is_given_the_opening(tmp_path):
    """Without its chat template the tiny model has never seen what it gets; whatever it says, nothing breaks."""
    model = tmp_path / "base"
    shutil.copytree(TINY_MODEL, model)
    (model / "chat_template.jinja").unlink()
    backend = backend_for(model)
    found = proposed(backend, TEXTS[:2])
    assert {place for place, said in enumerate(found) if not said} == {
        failure.text for failure in backend.failures
    }


def test_a_prompt_that_does_not_fit_is_a_stated_failure(tmp_path):
    model = tmp_path / "short"
    shutil.copytree(TINY_MODEL, model)
    config = model / "config.json"
    config.write_text(
        config.read_text().replace('"max_position_embeddings": 4096', '"max_position_embeddings": 256')
    )
    backend = backend_for(model)
    assert proposed(backend, TEXTS[:1]) == [()]
    assert "longer than the model reads" in backend.failures[0].reason
    assert backend.label(SHOWN) == ()
    assert backend.failures[0].text is None


def test_a_model_with_encoder_and_decoder_is_asked_as_well(tmp_path):
    """One with random weights and no token for a bracket: it talks nonsense, in order."""
    words = {word: place for place, word in enumerate(["<pad>", "</s>", "<unk>", "cats", "dogs", "birds"])}
    tokenizer = Tokenizer(models.WordLevel(words, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    special = dict(zip(("pad_token", "eos_token", "unk_token"), words, strict=False))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(tmp_path)
    torch.manual_seed(0)
    small = T5Config(
        vocab_size=6,
        d_model=16,
        d_kv=8,
        d_ff=16,
        num_layers=1,
        num_heads=2,
        decoder_start_token_id=0,
        pad_token_id=0,
    )
    T5ForConditionalGeneration(small).save_pretrained(tmp_path)
    backend = backend_for(tmp_path)
    found = proposed(backend, TEXTS[:2])
    assert {place for place, said in enumerate(found) if not said} == {
        failure.text for failure in backend.failures
    }


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ('{"texts": [{"id": 1, "phrases": ["first phrase", "second phrase", "None"]}]}', "hold no phrase"),
        ('{"texts": [{"id": 1, "phrases": ["a text"]}]}', "are the same"),
    ],
)
def test_a_model_that_cannot_follow_the_prompt_is_stopped_early(monkeypatch, reply, fault):
    asked = []

    class Parrot:
        def __init__(self, *_):
            pass

        def complete(self, prompts, *_):
            asked.extend(prompts)
            return [reply] * len(prompts)

    monkeypatch.setattr("neurotui.backends.transformers.backend.LocalModel", Parrot)
    with pytest.raises(UserError, match=fault) as refused:
        proposed(backend_for(), [f"text {number}" for number in range(200)])
    assert len(asked) == 32
    assert "--backend keywords --namer transformers --llm" in refused.value.hint


@pytest.mark.parametrize("name", ["/nowhere/at/all", "no-such/model-anywhere"])
def test_a_model_that_is_not_there_is_refused(name):
    with pytest.raises(UserError, match="cannot be loaded"):
        proposed(backend_for(name))


def test_choosing_is_refused_where_something_is_missing():
    for name in ("openai", "transformers"):
        with pytest.raises(UserError, match="no model is named"):
            choose(name, BackendSettings(base_url="http://localhost/v1"))
    with pytest.raises(UserError, match="'gpt' is not a backend"):
        choose("gpt")
