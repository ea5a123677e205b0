"""A shard's file gives back what was put in, piece by piece, and no byte of it can change unseen."""

import numpy as np
import pytest
from safetensors import safe_open

from neurotui.precompute.shard_file import ShardWriter, groups, is_whole, read_group

UNITS = {3: 700, 5: 40}
MOMENTS = {"sum": np.float64, "squares": np.float64, "minimum": np.float32, "maximum": np.float32}
WINDOWS = {"text": np.int32, "start": np.int16, "peak": np.int16, "length": np.uint8, "lowest": np.float32}


def arrays(units, seed):
    """Return what a layer keeps of some texts: three pooled, four sampled tokens, two exemplars of each kind."""
    random = np.random.default_rng(seed)
    found = {name: random.normal(size=units).astype(dtype) for name, dtype in MOMENTS.items()}
    found["pooled"] = random.normal(size=(units, 3)).astype(np.float32)
    found["tokens"] = random.normal(size=(units, 4)).astype(np.float32)
    for kind in ("top", "bottom", "pooled", "sample"):
        fields = WINDOWS | {"highest": np.float32} | ({"key": np.float32} if kind == "pooled" else {})
        for field, dtype in fields.items():
            found[f"{kind}.{field}"] = random.integers(0, 100, (units, 2)).astype(dtype)
        found[f"{kind}.trace"] = random.integers(0, 255, (units, 2, 64)).astype(np.uint8)
    return found


def written(file, key="key"):
    """Write a shard in pieces; return what was put in, by layer."""
    given = {layer: arrays(units, layer) for layer, units in UNITS.items()}
    with ShardWriter(file, key, UNITS) as writer:
        for layer, found in given.items():
            for name, values in found.items():
                parts = [values] if name in MOMENTS else np.split(values, values.shape[1], axis=1)
                for part in parts:
                    writer.add(name, layer, part)
        writer.order("pooled", np.array([2, 0, 1]))
        writer.order("tokens", np.array([0, 3, 1, 2]))
    return given


def test_every_group_is_read_as_it_was_put_in_and_texts_in_their_order(tmp_path):
    given = written(tmp_path / "shard")
    found = groups(UNITS)
    assert [(group.layer, group.first, group.end, group.neuron) for group in found] == [
        (3, 0, 512, 0),
        (3, 512, 700, 512),
        (5, 0, 40, 700),
    ]
    order = {"pooled": [1, 2, 0], "tokens": [0, 2, 3, 1]}
    for number, group in enumerate(found):
        read = read_group(tmp_path / "shard", number, group.neurons)
        for name, values in given[group.layer].items():
            own = values[group.first : group.end]
            if name in order:
                own = own[:, order[name]]
            assert np.array_equal(read[name], own), name
        assert np.array_equal(read["bottom.key"], read["bottom.lowest"])
        assert np.array_equal(read["top.value"], read["top.highest"])


def test_it_is_a_safetensors_file_that_tells_what_it_is_of(tmp_path):
    written(tmp_path / "shard")
    with safe_open(tmp_path / "shard", framework="numpy") as content:
        assert content.metadata()["made"].startswith("key ")
        assert {"stream", "index", "bounds"} <= set(content.keys())


def test_no_byte_can_change_unseen(tmp_path):
    file = tmp_path / "shard"
    written(file)
    assert is_whole(file, "key")
    assert not is_whole(file, "another")
    whole = file.read_bytes()
    random = np.random.default_rng(0)
    for place in [*range(0, 600, 7), 2_047, *random.integers(2_048, len(whole), 40).tolist(), len(whole) - 1]:
        changed = bytearray(whole)
        changed[place] ^= 1 << int(random.integers(8))
        file.write_bytes(changed)
        assert not is_whole(file, "key"), place
    for length in (0, 8, 2_048, len(whole) - 1):
        file.write_bytes(whole[:length])
        assert not is_whole(file, "key"), length


def test_the_same_figures_make_the_same_bytes_and_a_failure_is_not_taken_for_a_shard(tmp_path):
    written(tmp_path / "a")
    written(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with pytest.raises(KeyboardInterrupt), ShardWriter(tmp_path / "c", "key", UNITS) as writer:
        writer.add("sum", 5, np.zeros(40))
        raise KeyboardInterrupt
    assert not is_whole(tmp_path / "c", "key")


@pytest.mark.parametrize(("name", "steps"), [("pooled", 65_535), ("tokens", 1_023)])
def test_activations_are_kept_within_half_a_code_of_what_was_put_in_together_and_extremes_exactly(
    name, steps, tmp_path
):
    random = np.random.default_rng(3)
    parts = [random.normal(size=(40, columns)).astype(np.float32) * 10**columns for columns in (1, 5, 3)]
    parts[1][7] = 0.25
    with ShardWriter(tmp_path / "shard", "key", {0: 40}) as writer:
        for part in parts:
            writer.add(name, 0, part)
        for moment, dtype in MOMENTS.items():
            writer.add(moment, 0, np.zeros(40, dtype))
        for ordered in ("pooled", "tokens"):
            writer.order(ordered, np.arange(9 if ordered == name else 0))
    read = read_group(tmp_path / "shard", 0, 40)[name]
    for part, found in zip(parts, np.split(read, [1, 6], axis=1), strict=True):
        span = np.ptp(part, axis=1).astype(np.float64)[:, None]
        assert (np.abs(found - part.astype(np.float64)) <= span / steps * 0.5001 + np.abs(part) * 1e-7).all()
        assert np.array_equal(found.min(axis=1), part.min(axis=1))
        assert np.array_equal(found.max(axis=1), part.max(axis=1))
    assert (read[7, 1:6] == 0.25).all()
    assert not np.array_equal(read, np.concatenate(parts, axis=1))
