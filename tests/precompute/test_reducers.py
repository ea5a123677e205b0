"""What is kept of activations is exact, in a total order, and the same however texts are divided into batches."""

import numpy as np
import pytest
import torch
from precompute.corpora import refused

from neurotui.pooling import POOLINGS
from neurotui.precompute.peak_windows import WINDOW, Batch, sortable, windows
from neurotui.precompute.reducers import HELD_BYTES_A_NEURON, Layer, Reducer, Scratch
from neurotui.precompute.shard_exemplars import best_texts
from neurotui.precompute.shard_file import ShardWriter, read_group
from neurotui.precompute.shard_forward import ShardTexts, batches

CPU = torch.device("cpu")


def batch(numbers, length, *, first=1, ends=1):
    """Return a batch of texts of one length, none of them pooled or sampled, nor a token of theirs."""
    count = len(numbers)
    nobody = torch.full((count,), -1)
    ids = torch.tensor(numbers)
    return Batch(
        torch.zeros(count, length),
        first,
        length - ends,
        ids,
        torch.ones(count).bool(),
        nobody,
        nobody,
        torch.zeros(3, 0, dtype=torch.int64),
    )


class Watched(Layer):
    """A layer whose ``finish`` tells what it has passed on too: (units, columns), in the order of the batches."""

    def __init__(self, units, **options):
        self.kept = {}
        super().__init__(units, keep=lambda name, values: self.kept.setdefault(name, []).append(values), **options)

    def finish(self, layer):
        found = super().finish(layer)
        return found | {name: torch.cat(parts, 1) for name, parts in self.kept.items()}


def layer(units, *, exemplars=4, held=1 << 20, pool="mean", best=None):
    best = best or best_texts({0: units}, exemplars, CPU)[0]
    return Watched(units, pooling=POOLINGS[pool], best=best, held_bytes=held, device=CPU, scratch=Scratch())


def activations(texts, length, units, seed=0):
    return torch.randn(texts, length, units, generator=torch.Generator().manual_seed(seed))


def test_keys_have_the_order_of_values_and_then_of_falling_text_ids():
    least = float(np.finfo(np.float32).smallest_subnormal)
    values = [-np.inf, -1e38, -1.5, -least, -0.0, 0.0, least, 1.5, 3e38, np.inf]
    pairs = [(value, text) for value in values for text in (0, 1, 2**31 - 1)]
    keys = sortable(
        torch.tensor([value for value, _ in pairs]), torch.tensor([text for _, text in pairs])
    ).tolist()
    ranked = sorted(range(len(pairs)), key=keys.__getitem__)
    assert ranked == sorted(range(len(pairs)), key=lambda place: (pairs[place][0], -pairs[place][1]))
    assert len(set(keys)) == len(keys) - 3  # -0.0 is 0.0


@pytest.mark.parametrize(("peak", "start"), [(0, 0), (31, 0), (32, 0), (33, 1), (100, 68), (186, 136), (199, 136)])
def test_a_window_of_a_long_text_lies_around_its_peak(peak, start):
    trace = torch.zeros(1, 200, 1)
    trace[0, peak] = 1
    cut = windows(batch([7], 202), trace, torch.tensor([0]), torch.tensor([0]))
    assert (cut.text.item(), cut.start.item(), cut.peak.item()) == (7, start + 1, peak + 1)
    assert cut.length.item() == WINDOW
    assert cut.trace[0].argmax() == peak - start


def test_the_first_of_equal_peaks_is_the_peak():
    trace = torch.tensor([[[1.0], [5.0], [-2.0], [5.0], [-2.0]]])
    where = (torch.tensor([0]), torch.tensor([0]))
    assert windows(batch([0], 7), trace, *where).peak.item() == 2
    low = windows(batch([0], 7), trace, *where, lowest=True)
    assert (low.peak.item(), low.value.item()) == (3, -2)


def test_a_flat_trace_is_all_zero_codes():
    cut = windows(batch([0], 6), torch.full((1, 4, 1), 0.3), torch.tensor([0]), torch.tensor([0]))
    assert cut.lowest == cut.highest == cut.value
    assert cut.trace.sum() == 0


def test_equal_values_go_to_the_texts_with_the_lower_ids():
    kept = layer(2, exemplars=4)
    for numbers in ([8, 3], [5, 1, 9], [2]):
        kept.take(batch(numbers, 5), torch.zeros(len(numbers), 5, 2))
    found = kept.finish(0)
    assert found["top.text"].tolist() == [[1, 2, 3, 5]] * 2
    assert found["bottom.text"].tolist() == [[1, 2]] * 2
    assert found["pooled.text"].tolist() == [[1, 2]] * 2


def test_repeats_are_counted_but_are_no_exemplars_of_any_kind():
    values = activations(3, 6, 2)
    values[1] = values[0] + 1
    given = batch([0, 1, 2], 6)._replace(original=torch.tensor([True, False, True]))
    kept = layer(2, exemplars=6)
    kept.take(given, values)
    found = kept.finish(0)
    for kind in ("top", "bottom", "pooled"):
        assert {*found[f"{kind}.text"].flatten().tolist()} == {0, 2, -1}, kind
    assert torch.allclose(found["sum"], values[:, 1:-1].double().sum((0, 1)))


@pytest.mark.parametrize("held", [0, 2_000, 1 << 20])
def test_exemplars_are_the_same_however_many_batches_wait_and_in_whatever_order_they_come(held):
    lengths = {number: 4 + number % 5 * 30 for number in range(60)}
    traces = {number: activations(1, length, 3, seed=number) for number, length in lengths.items()}

    def reduced(groups, held):
        kept = layer(3, exemplars=6, held=held)
        for group in groups:
            slots = torch.tensor([number // 6 if number % 6 == 0 else -1 for number in group])
            given = batch(group, lengths[group[0]])._replace(slot=slots)
            kept.take(given, torch.cat([traces[number] for number in group]))
        return kept.finish(0)

    plain = reduced([[number] for number in lengths], 1 << 30)
    alike = [[number for number in lengths if lengths[number] == length] for length in sorted({*lengths.values()})]
    other = reduced([group[::-1] for group in alike][::-1], held)
    for found in (plain, other):
        column = found["sample.text"][0].argsort()
        found.update({name: values[:, column] for name, values in found.items() if name.startswith("sample")})
    for name, values in plain.items():
        if name.startswith(("top", "bottom", "sample", "minimum", "maximum", "tokens")):
            assert torch.equal(values, other[name]), name
        else:
            assert torch.allclose(values, other[name]), name


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_an_activation_that_is_no_number_is_refused(bad):
    kept = layer(2)
    values = torch.zeros(1, 5, 2)
    values[0, 2, 1] = bad
    kept.take(batch([0], 5), values)
    assert "layer 7 has activations that are not finite" in refused(kept.finish, 7)


def test_an_activation_of_a_special_token_is_never_looked_at():
    values = activations(2, 7, 3)
    values[:, [0, 6]] = float("nan")
    kept = layer(3)
    both = torch.tensor([0, 1])
    kept.take(batch([0, 1], 7)._replace(place=both, slot=both), values)
    assert all(torch.isfinite(value).all() for value in kept.finish(0).values())


@pytest.mark.parametrize("pool", ["mean", "max"])
def test_pooled_exemplars_are_ordered_by_the_pooled_activation_and_keep_the_value_at_their_peak(pool):
    kept = layer(3, exemplars=8, pool=pool)
    traces = activations(20, 9, 3)
    for first in range(0, 20, 5):
        kept.take(batch(list(range(first, first + 5)), 9), traces[first : first + 5])
    found = kept.finish(0)
    counted = traces[:, 1:-1]
    one_each = counted.mean(1) if pool == "mean" else counted.amax(1)
    best = one_each.argsort(0, descending=True)[:4].T
    assert torch.equal(found["pooled.text"], best.int())
    assert torch.allclose(found["pooled.key"], one_each.T.gather(1, best))
    assert torch.equal(found["pooled.highest"], counted.amax(1).T.gather(1, best))


@pytest.mark.parametrize("documents", [False, True])
def test_a_worker_keeps_of_a_later_shard_only_what_may_be_among_the_best_of_all(documents):
    traces = activations(60, 9, 16)
    shards = [list(range(first, first + 20)) for first in (0, 20, 40)]

    def take(kept, numbers):
        for first in range(0, 20, 5):
            own = numbers[first : first + 5]
            document = torch.tensor(own, dtype=torch.int32) % 25 if documents else None
            kept.take(batch(own, 9)._replace(document=document), traces[own])
        return kept.finish(0)

    best = best_texts({0: 16}, 4, CPU)[0]
    remembered = [take(layer(16, best=best), numbers) for numbers in shards]
    alone = [take(layer(16), numbers) for numbers in shards]
    for kind, kept, sign in (("top", 4, 1), ("bottom", 2, -1), ("pooled", 2, 1)):
        for unit in range(16):

            def pairs(found, kind=kind, unit=unit, sign=sign):
                key = "pooled.key" if kind == "pooled" else f"{kind}.{'lowest' if kind == 'bottom' else 'highest'}"
                text, value = found[f"{kind}.text"][unit], found[key][unit] * sign
                return [
                    (one, other) for one, other in zip(value.tolist(), text.tolist(), strict=True) if other >= 0
                ]

            def best_of(parts, kept=kept):
                found, seen = [], set()
                for value, text in sorted((pair for part in parts for pair in part), reverse=True):
                    own = text % 25 if documents else text
                    if own not in seen:
                        found.append((value, text))
                        seen.add(own)
                return found[:kept]

            assert best_of(map(pairs, remembered)) == best_of(map(pairs, alone))
    texts = [
        sum(int((found[f"{kind}.text"] >= 0).sum()) for kind in ("top", "bottom", "pooled"))
        for found in remembered
    ]
    assert texts[0] == 16 * 8 > texts[1] > texts[2] > 0


def test_sampled_tokens_are_kept_in_the_order_of_the_batches():
    values = activations(3, 7, 2)
    kept = layer(2)
    # Row 1 at the third counted token and row 0 at the first; then two of another batch.
    kept.take(batch([4, 5], 7)._replace(tokens_at=torch.tensor([[2, 0], [1, 0], [2, 0]])), values[:2])
    kept.take(batch([6], 7)._replace(tokens_at=torch.tensor([[1, 3], [0, 0], [4, 1]])), values[2:])
    expected = torch.stack([values[1, 3], values[0, 1], values[2, 5], values[2, 2]]).T
    assert torch.equal(kept.finish(0)["tokens"], expected)


def test_layers_that_were_not_chosen_are_not_listened_to(tmp_path):
    file = tmp_path / "shard"
    with ShardWriter(file, "key", {1: 3}) as writer:
        best = best_texts({1: 3}, 2, CPU)
        reducer = Reducer({1: 3}, pooling=POOLINGS["max"], best=best, device=CPU, writer=writer)
        reducer.batch = batch([0], 5)._replace(place=torch.tensor([0]))
        values = activations(1, 5, 3)
        reducer(0, values * 100)
        reducer(1, values)
        reducer.finish()
        writer.order("pooled", np.array([0]))
        writer.order("tokens", np.array([], np.int64))
    assert read_group(file, 0, 3)["pooled"][:, 0].tolist() == values[0, 1:-1].amax(0).tolist()


def state_bytes(kept):
    """Return the bytes of all tensors that a layer, or whatever is in it, holds on to."""
    seen, size, waiting = set(), 0, [kept]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, torch.Tensor):
            size += thing.untyped_storage().nbytes()
        elif isinstance(thing, dict):
            waiting += thing.values()
        elif isinstance(thing, list | tuple):
            waiting += thing
        elif type(thing).__module__.startswith("neurotui"):
            names = getattr(type(thing), "__slots__", ())
            waiting += [getattr(thing, name) for name in names] + list(getattr(thing, "__dict__", {}).values())
    return size


@pytest.mark.parametrize("texts", [40, 400])
def test_a_neuron_takes_less_than_ten_kilobytes_however_many_texts_are_pooled_and_sampled(texts):
    units, length, most = 64, 40, 0
    kept = Layer(
        units,
        pooling=POOLINGS["mean"],
        best=best_texts({0: units}, 20, CPU)[0],
        held_bytes=units * HELD_BYTES_A_NEURON,
        device=CPU,
        scratch=Scratch(),
        keep=lambda *_: None,
    )
    for first in range(0, texts, 4):
        own = torch.arange(first, first + 4)
        at = torch.stack([torch.arange(4 * 38), torch.arange(4).repeat_interleave(38), torch.arange(38).repeat(4)])
        given = batch(own.tolist(), length)._replace(place=own, slot=own, tokens_at=at)
        kept.take(given, activations(4, length, units, seed=first))
        most = max(most, state_bytes(kept))
    assert 4_000 < most / units < 10_000


def test_what_is_needed_for_a_moment_is_in_memory_once_for_all_layers(tmp_path):
    layers, units, tokens = 12, 64, 1_000
    counts = dict.fromkeys(range(layers), units)
    with ShardWriter(tmp_path / "shard", "key", counts) as writer:
        best = best_texts(counts, 2, CPU)
        reducer = Reducer(counts, pooling=POOLINGS["mean"], best=best, device=CPU, writer=writer)
        for layer_ in range(layers):
            reducer.batch = batch([0], tokens)
            reducer(layer_, activations(1, tokens, units))
        for name in ("pooled", "tokens"):
            writer.order(name, np.array([], np.int64))
        squares = tokens * units * 4
        held = layers * squares
        assert squares < state_bytes(reducer) - held < 3 * squares


def test_nothing_leaves_the_device_batch_by_batch(monkeypatch):
    """A hundred and twenty-eight rows leave together: on a graphics processor every move waits for all that was begun."""
    moved = []
    layer = Layer(
        8,
        pooling=POOLINGS["mean"],
        best=best_texts({0: 8}, 4, CPU)[0],
        held_bytes=1 << 16,
        device=CPU,
        scratch=Scratch(),
        keep=lambda name, values: moved.append((name, values.shape[1])),
    )
    for name in ("cpu", "numpy", "tolist", "item"):

        def refused_(*_, name=name):
            raise AssertionError(f"a batch was moved by {name}")

        monkeypatch.setattr(torch.Tensor, name, refused_)
    for first in range(0, 152, 8):
        own = torch.arange(first, first + 8)
        given = batch([0] * 8, 20)._replace(text=own, place=own, tokens_at=torch.zeros(3, 7, dtype=torch.int64))
        layer.take(given, activations(8, 20, 8, seed=first))
    assert moved == [("pooled", 128), ("tokens", 133)]


def test_batches_hold_texts_of_one_length_and_span_and_every_text_once():
    chance = np.random.default_rng(0)
    lengths = chance.integers(3, 12, 200)
    spans = [(1, int(length) - int(chance.integers(1, 3))) for length in lengths]
    texts = ShardTexts(0, [[0] * int(length) for length in lengths], spans)
    divided = batches(texts, 40)
    assert sorted(row for rows in divided for row in rows) == list(range(200))
    for rows in divided:
        assert len({(lengths[row], spans[row]) for row in rows}) == 1
        assert len(rows) == 1 or len(rows) * lengths[rows[0]] <= 40
    assert divided == batches(texts, 40)
    assert [rows[0] for rows in divided] != sorted(rows[0] for rows in divided)
