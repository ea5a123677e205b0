"""Linear layers that compute with oneDNN: exact float32, whatever the family, and weights stay what they are."""

import pytest
import torch
from precompute.families import FAMILIES, save
from transformers import AutoModel
from transformers.pytorch_utils import Conv1D

from neurotui.models import linear_layers
from neurotui.models.activations import Model
from neurotui.models.linear_layers import quicken

pytestmark = pytest.mark.skipif(not linear_layers._has_both(), reason="this torch has not both libraries")

LINEAR = (torch.nn.Linear, Conv1D)


@pytest.fixture
def products(monkeypatch):
    """Collect the oneDNN products that are taken: (rows, weight)."""
    taken = []
    product = linear_layers._product

    def counted(rows, weight, bias):
        taken.append((rows.clone(), weight))
        return product(rows, weight, bias)

    monkeypatch.setattr(linear_layers, "_product", counted)
    return taken


def listened(model, tokens):
    found = {}
    model.listen(tokens, lambda layer, activations: found.update({layer: activations.clone()}))
    return found


@pytest.mark.parametrize("name", ["bert", "gpt2", "llama", "t5", "opt"])
def test_a_family_computes_with_onednn_what_it_computes_without(name, tmp_path, monkeypatch, products):
    folder = save(FAMILIES[name], tmp_path)
    tokens = torch.randint(5, 60, (3, 11), generator=torch.Generator().manual_seed(1))
    quick = listened(Model(folder), tokens)
    layers = len({weight.data_ptr() for _, weight in products})
    assert layers > 4
    products.clear()
    monkeypatch.setattr(linear_layers, "_has_both", lambda: False)
    plain = listened(Model(folder), tokens)
    assert not products
    for layer, activations in plain.items():
        assert torch.allclose(quick[layer], activations, rtol=0, atol=1e-6 * float(activations.abs().max()) + 1e-7)


@pytest.mark.parametrize("name", ["bert", "gpt2"])
def test_weights_stay_where_they_are(name, tmp_path):
    network = AutoModel.from_pretrained(save(FAMILIES[name], tmp_path))
    before = {key: (weight.data_ptr(), weight.stride()) for key, weight in network.named_parameters()}
    quicken(network)
    assert any(type(module).__name__.startswith("_Quick") for module in network.modules())
    assert before == {key: (weight.data_ptr(), weight.stride()) for key, weight in network.named_parameters()}


@pytest.mark.parametrize("rows", [(0, 7), (1, 7), (40, 7), (2, 5, 7)])
@pytest.mark.parametrize("bias", [True, False])
def test_a_product_is_as_exact_as_float32_allows(rows, bias, products):
    torch.manual_seed(0)
    layer = torch.nn.Sequential(torch.nn.Linear(7, 13, bias=bias))
    given = torch.randn(rows)
    exact = layer.double()(given.double())
    quicken(layer.float())
    with torch.inference_mode():
        found = layer(given)
    assert len(products) == 1
    assert found.shape == exact.shape
    assert torch.allclose(found.double(), exact, rtol=0, atol=1e-6)


def test_what_is_no_plain_linear_layer_in_float32_computes_as_before(products):
    halved = torch.nn.Linear(8, 8).bfloat16()
    own = type("Own", (torch.nn.Linear,), {})(8, 8)
    network = torch.nn.ModuleList([halved, own, torch.nn.Embedding(20, 8)])
    quicken(network)
    assert type(own).__name__ == "Own"
    with torch.inference_mode():
        halved(torch.randn(3, 8).bfloat16())
        own(torch.randn(3, 8))
    assert not products
    with pytest.raises(RuntimeError, match="dtype"):
        halved(torch.randn(3, 8))


def test_rows_come_in_round_numbers_as_a_program_is_kept_for_each_and_the_rest_is_cut_off(monkeypatch):
    torch.manual_seed(0)
    layer = torch.nn.Sequential(torch.nn.Linear(7, 13))
    quicken(layer)
    taken = []
    product = torch.ops.mkldnn._linear_pointwise

    def counted(rows, *more):
        taken.append(len(rows))
        return product(rows, *more)

    monkeypatch.setattr(torch.ops.mkldnn, "_linear_pointwise", counted)
    with torch.inference_mode():
        found = [layer(torch.ones(rows, 7)) for rows in range(1, 130)]
    assert set(taken) == {32, 64, 96, 128, 160}
    assert all(torch.equal(rows, found[0].expand(len(rows), 13)) for rows in found)
