"""Two precomputes into one place: the second is told so at once, and nothing is mixed."""

import shlex
import shutil
from dataclasses import replace
from threading import Barrier, Thread

import pytest
from precompute.corpora import quiet, refused
from precompute.runs import same

from neurotui.cli.entry import main
from neurotui.errors import UserError
from neurotui.precompute.folder_lock import LOCK, working_in
from neurotui.precompute.manifest import Manifest
from neurotui.precompute.pipeline import merge, precompute
from neurotui.precompute.shards import Folder


def everything(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def meanwhile(second):
    """Return a progress that calls `second` once, while the first one's model runs, and what that returned."""
    told = []

    def progress(stage, _done, _total):
        if stage == "running the model" and not told:
            told.append(None)
            told[0] = second()

    return progress, told


@pytest.mark.parametrize("place", ["shards", "output"])
def test_the_second_precompute_into_one_place_is_told_so_at_once(many, tmp_path, place):
    shards, run = tmp_path / "shards", tmp_path / "run.duckdb"
    other = replace(many.settings, seed=9)

    def second():
        before = everything(tmp_path)
        elsewhere = {"shards": tmp_path / "others"} if place == "output" else {"shards": shards}
        output = run if place == "output" else tmp_path / "other.duckdb"
        said = refused(precompute, [str(many.texts)], output, other, progress=quiet, **elsewhere)
        assert everything(tmp_path) == before
        return said

    progress, told = meanwhile(second)
    precompute([str(many.texts)], run, many.settings, progress=progress, shards=shards)
    assert {"shards": f"is making shards in '{shards}'", "output": f"is writing '{run}'"}[place] in told[0]
    assert same(run, many.run)
    assert not (shards / LOCK).exists()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["run.duckdb", "shards"]


def test_a_merge_into_what_another_makes_is_told_so_and_its_run_comes(many, tmp_path):
    run = tmp_path / "run.duckdb"
    progress, told = meanwhile(lambda: refused(merge, many.shards, run, progress=quiet))
    precompute([str(many.texts)], run, many.settings, progress=progress)
    assert f"is writing '{run}'" in told[0]
    assert same(run, many.run)


def test_parts_work_together_but_not_beside_a_whole_and_others_are_not_removed_under_them(many, tmp_path):
    shards, run = tmp_path / "shards", tmp_path / "run.duckdb"
    given = {"progress": quiet, "shards": shards}

    def second():
        whole = refused(precompute, [str(many.texts)], run, many.settings, **given)
        other = replace(many.settings, seed=9)
        fresh = refused(precompute, [str(many.texts)], run, replace(other, fresh=True), **given, part=(2, 3))
        precompute([str(many.texts)], run, many.settings, **given, part=(2, 3))
        return whole, fresh

    progress, told = meanwhile(second)
    precompute([str(many.texts)], run, many.settings, progress=progress, shards=shards, part=(1, 3))
    assert all("is making shards in" in said for said in told[0])
    precompute([str(many.texts)], run, many.settings, **given, part=(3, 3))
    merge(shards, run, progress=quiet)
    assert same(run, many.run)


def test_of_two_parts_of_other_settings_that_begin_at_once_one_has_the_folder(many, tmp_path):
    manifest = Folder(many.shards).manifest()
    folder, begin, had = Folder(tmp_path), Barrier(2), []

    def claim(seed):
        begin.wait()
        had.append(folder.claim(Manifest(**{**manifest_fields(manifest), "seed": seed})))

    threads = [Thread(target=claim, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(had) == [False, True]
    assert folder.manifest().seed in {1, 2}
    assert [file.name for file in tmp_path.iterdir()] == ["manifest.json"]


def manifest_fields(manifest):
    return {name: getattr(manifest, name) for name in manifest.__slots__}


def test_the_lock_of_a_killed_command_locks_nothing(tmp_path):
    (tmp_path / LOCK).touch()
    with working_in(tmp_path, together=False), pytest.raises(UserError), working_in(tmp_path, together=True):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("harm", ["other settings", "damaged"])
def test_shards_of_other_settings_are_removed_by_the_command_in_the_hint(many, tmp_path, harm, capsys):
    shards = shutil.copytree(many.shards, tmp_path / "my shards")
    if harm == "damaged":
        (shards / "manifest.json").write_text("{")
    (shards / "thesis.txt").write_text("words")
    run = tmp_path / "run.duckdb"
    command = ["precompute", str(many.texts), "-o", str(run), "--shards", str(shards), "--model", str(many.model)]
    rest = ["--dtype", "float32", "--device", "cpu", "--workers", "1", "--seed", "5", "--shard", "1/3"]
    assert main([*command, *rest]) == 1
    said = capsys.readouterr().err
    again = [command[0], "--fresh", *command[1:], *rest]
    if harm == "other settings":
        assert "another --exemplars and another --seed" in said
        assert shlex.split(said.partition("begin anew with: ")[2].partition("; or")[0]) == ["neurotui", *again]
    assert main(again) == 0
    names = {file.name for file in shards.iterdir()}
    assert "thesis.txt" in names
    assert {name for name in names if name.startswith("shard-")} == {"shard-00000.safetensors"}
    assert Folder(shards).manifest().seed == 5
    # Shards of these settings are kept.
    before = (shards / "shard-00000.safetensors").stat().st_mtime_ns
    assert main(again) == 0
    assert (shards / "shard-00000.safetensors").stat().st_mtime_ns == before
