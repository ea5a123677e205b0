"""A disk that is full, or a place that nothing can be written to: told in words, and nothing lost or left."""

import shutil
from pathlib import Path

import pytest
from full_disk import full_disk
from precompute.corpora import quiet, refused
from precompute.runs import same, standing

from neurotui.precompute.pipeline import merge, precompute

PRECIOUS = b"a run that took a week"


def names(folder):
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*"))


def test_a_disk_that_is_full_before_the_first_shard_leaves_nothing(texts, settings, tmp_path):
    run = tmp_path / "run.duckdb"
    run.write_bytes(PRECIOUS)
    before = names(tmp_path)
    with full_disk(2_000):
        said = refused(precompute, [str(texts)], run, settings, progress=quiet, replace=True)
    assert "could not be written: " in said
    assert "df -h" in said
    assert run.read_bytes() == PRECIOUS
    assert names(tmp_path) == before


def test_a_disk_that_fills_up_half_way_keeps_what_is_finished(many, tmp_path):
    run, shards = tmp_path / "run.duckdb", shutil.copytree(many.shards, tmp_path / "shards")
    run.write_bytes(PRECIOUS)
    sizes = {file.name: file.stat().st_size for file in shards.iterdir()}
    others = max(size for name, size in sizes.items() if not name.startswith("shard-"))
    smallest = min(size for name, size in sizes.items() if name.startswith("shard-"))
    assert others < smallest
    for name in standing(shards):
        (shards / name).unlink()
    given = {"progress": quiet, "replace": True, "shards": shards}
    precompute([str(many.texts)], run, many.settings, **given, part=(3, 3))
    finished = standing(shards)
    before = names(tmp_path)
    with full_disk((others + smallest) // 2):
        said = refused(precompute, [str(many.texts)], run, many.settings, **given)
    assert f"'{shards}' could not be written: " in said
    assert "file too large" in said
    assert "what is finished is kept" in said
    assert names(tmp_path) == before
    assert standing(shards) == finished
    assert run.read_bytes() == PRECIOUS
    precompute([str(many.texts)], run, many.settings, **given)
    assert same(run, many.run)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_disk_that_is_full_when_the_run_is_written_leaves_the_old_one(many, tmp_path, share):
    run = tmp_path / "run.duckdb"
    run.write_bytes(PRECIOUS)
    with full_disk(int(many.run.stat().st_size * share)):
        said = refused(merge, many.shards, run, progress=quiet, replace=True)
    assert f"'{run}' could not be written: " in said
    assert "nothing that was there has changed" in said
    assert names(tmp_path) == ["run.duckdb"]
    assert run.read_bytes() == PRECIOUS


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("none/run.duckdb", "there is no folder"),
        ("a file/run", "is a file, so nothing can be written into it"),
        ("a file/none/run", "is a file, so nothing can be written into it"),
        ("a folder", "is a folder"),
    ],
)
def test_a_place_where_no_run_can_be_is_refused_before_anything_is_read(settings, tmp_path, place, says, replace):
    (tmp_path / "a file").touch()
    (tmp_path / "a folder").mkdir()
    before = names(tmp_path)
    said = refused(precompute, ["gone.jsonl"], tmp_path / place, settings, progress=quiet, replace=replace)
    assert says in said
    assert names(tmp_path) == before


def test_a_run_that_is_there_is_not_replaced_unless_told(many, texts, settings, tmp_path):
    run = tmp_path / "run.duckdb"
    run.write_bytes(PRECIOUS)
    before = names(tmp_path)
    for said in (
        refused(precompute, [str(texts)], run, settings, progress=quiet),
        refused(merge, many.shards, run, progress=quiet),
    ):
        assert "is there already" in said
        assert "--force" in said
    assert run.read_bytes() == PRECIOUS
    assert names(tmp_path) == before


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that takes no files")
def test_a_folder_that_takes_no_files_is_refused(many, texts, settings):
    for said in (
        refused(precompute, [str(texts)], Path("/proc/run.duckdb"), settings, progress=quiet),
        refused(merge, many.shards, Path("/proc/run.duckdb"), progress=quiet),
    ):
        assert "could not be written: " in said


@pytest.mark.parametrize("place", ["none/shards", "a file"])
def test_shards_in_a_place_that_is_none_are_refused(texts, settings, tmp_path, place):
    (tmp_path / "a file").touch()
    before = names(tmp_path)
    said = refused(precompute, [str(texts)], tmp_path / "run", settings, progress=quiet, shards=tmp_path / place)
    assert f"'{tmp_path / place}' could not be written" in said
    assert names(tmp_path) == before
