"""A push is what its weights say: the same as that much of the neuron's output weights, added at that token."""

from functools import partial

import numpy as np
import pytest
import torch
from precompute.families import FAMILIES, save
from precompute.test_heads import CAUSAL, MASKED, TOKENS
from transformers import AutoModel, AutoModelForCausalLM

from neurotui.models.causal_effects import Embedding, NextToken, PushedModel, Pushes
from neurotui.models.heads import ModelWithHead
from neurotui.models.hooks import output_weights

PROJECTIONS = {**MASKED, **CAUSAL}
PLACE, DOSES = 3, (0.0, 0.4, -3.0)


def by_hand(plain, name, layer, unit, amount):
    """Return a plain model's output where the projection's own output is edited at one token."""
    module = plain.get_submodule(PROJECTIONS[name].format(layer).removeprefix(f"{name}."))
    rows = output_weights(module)[:, unit].detach() * amount

    def edit(_, __, made):
        made = made.clone()
        made.view(len(TOKENS), -1)[PLACE] += rows
        return made

    hook = module.register_forward_hook(edit)
    with torch.no_grad():
        made = plain(input_ids=torch.tensor([TOKENS]))
    hook.remove()
    return made


def pushes(unit):
    return Pushes(np.full(len(DOSES), unit), np.array(DOSES))


def states(seen, output):
    """Keep an output, and read nothing of it."""
    seen.append(output)
    return NextToken([np.array([1])], output.shape[-1])(output)


@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("name", CAUSAL)
def test_a_push_of_a_causal_model_is_an_edit_of_the_projections_output(name, after, tmp_path):
    folder = save(FAMILIES[name], tmp_path, AutoModelForCausalLM)
    plain = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()
    pushed, seen = PushedModel(ModelWithHead(folder)), []
    assert pushed.causal
    for layer in (0, 1):
        seen.clear()
        pushed.effects(TOKENS, PLACE, layer, pushes(5), partial(states, seen), after=after)
        (output,) = seen
        for row, dose in zip(output, (0.0, *DOSES), strict=True):
            wanted = by_hand(plain, name, layer, 5, dose).logits[0, PLACE : PLACE + 1 + after]
            assert torch.allclose(row, wanted, atol=1e-4)
        assert torch.equal(output[0], output[1])
        assert (output[3] - output[0]).abs().max() > 1e-2
    assert pushed.shortens == {0: True, 1: True}


@pytest.mark.parametrize("name", ["bert"])
def test_a_push_of_an_encoder_is_an_edit_of_the_projections_output(name, tmp_path):
    folder = save(FAMILIES[name], tmp_path)
    plain = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    pushed, seen = PushedModel(ModelWithHead(folder)), []
    assert not pushed.causal
    for layer in (0, 1):
        seen.clear()
        pushed.effects(TOKENS, PLACE, layer, pushes(5), partial(states, seen))
        for row, dose in zip(seen[0], (0.0, *DOSES), strict=True):
            assert torch.allclose(row, by_hand(plain, name, layer, 5, dose).last_hidden_state[0], atol=1e-5)
    assert pushed.shortens == {0: True, 1: True}


def test_no_dose_is_no_change_to_the_last_bit_and_sizes_are_what_their_definitions_say():
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(3, 2, 11, generator=generator)
    output = torch.cat([drawn[:1], drawn])
    size, toward = NextToken([np.array([2, 7]), np.array([4])], 11)(output)
    p = drawn.double().softmax(-1).numpy()
    assert (size[0], *toward[0]) == (0, 0, 0)
    assert size[1] == pytest.approx((p[0] * np.log2(p[0] / p[1])).sum(-1).mean())
    assert toward[2, 0] == pytest.approx(np.log(p[2][:, [2, 7]].sum(-1) / p[0][:, [2, 7]].sum(-1)).mean())
    targets = np.eye(11)[:2]
    size, toward = Embedding(targets)(output)
    unit = drawn.double().mean(1).numpy()
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    assert (size[0], *toward[0]) == (0, 0, 0)
    assert size[1] == pytest.approx(1 - unit[0] @ unit[1])
    assert toward[2, 1] == pytest.approx(unit[2, 1] - unit[0, 1])


def test_a_model_that_cannot_be_shortened_is_run_whole(tmp_path, monkeypatch):
    folder = save(FAMILIES["gpt2"], tmp_path, AutoModelForCausalLM)
    model = ModelWithHead(folder)
    one, other = PushedModel(model), PushedModel(model)
    monkeypatch.setattr("neurotui.models.causal_effects._repeated", lambda output, _: output * 2)
    readings = [
        pushed.effects(TOKENS, PLACE, 1, pushes(2), NextToken([np.array([1, 2])], 330)) for pushed in (one, other)
    ]
    assert one.shortens == {1: False}
    monkeypatch.undo()
    fresh = PushedModel(model).effects(TOKENS, PLACE, 1, pushes(2), NextToken([np.array([1, 2])], 330))
    assert readings[0].size == pytest.approx(fresh.size, rel=1e-3, abs=1e-6)
