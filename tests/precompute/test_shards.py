"""A shards folder is what it says, or is refused in words and left as it is."""

import json
import shlex
import shutil
import subprocess
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from precompute.corpora import quiet, refused, sentences, write_lines
from precompute.families import FAMILIES, save
from precompute.runs import same, standing

from neurotui.errors import UserError
from neurotui.precompute import processes
from neurotui.precompute.manifest import DESCRIPTIVE, Manifest
from neurotui.precompute.merge import named
from neurotui.precompute.pipeline import PrecomputeSettings, merge, precompute
from neurotui.precompute.shards import MANIFEST, OUTPUTS, SELECTION, TEXTS, TOKENS, VOCABULARY, Folder

PRECIOUS = b"a run that took a week"


@pytest.fixture
def copy(many, tmp_path):
    """Return the settings of a run of three shards, a copy of them, and a place where an old run stands."""
    run = tmp_path / "run.duckdb"
    run.write_bytes(PRECIOUS)
    return many._replace(shards=shutil.copytree(many.shards, tmp_path / "shards"), run=run)


def again(copy, **options):
    return precompute(
        [str(copy.texts)], copy.run, copy.settings, progress=quiet, replace=True, shards=copy.shards, **options
    )


def everything(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def damaged(shards, harm):
    """Harm the second of three shards."""
    file, other = shards / "shard-00001.safetensors", shards / "shard-00002.safetensors"
    data = bytearray(file.read_bytes())
    match harm:
        case "gone":
            file.unlink()
        case "another's":
            shutil.copy(other, file)
        case "a folder":
            file.unlink()
            file.mkdir()
        case "one bit":
            data[len(data) // 2] ^= 1
            file.write_bytes(data)
        case "its header":
            data[:8] = b"\xff" * 8
            file.write_bytes(data)
        case _:
            file.write_bytes(data[: {"cut short": -1, "half": len(data) // 2, "empty": 0}[harm]])


HARMS = ["gone", "cut short", "half", "empty", "one bit", "its header", "another's"]


@pytest.mark.parametrize("harm", [*HARMS, "a folder"])
def test_a_shard_that_is_missing_or_damaged_is_named_and_the_old_run_untouched(copy, harm):
    damaged(copy.shards, harm)
    before = everything(copy.run.parent)
    said = refused(merge, copy.shards, copy.run, progress=quiet, replace=True)
    assert "1 of 3 shards" in said
    assert said.partition(" | ")[0].endswith("missing or damaged: shard-00001.safetensors")
    assert f"--shards {copy.shards}: it" in said
    assert everything(copy.run.parent) == before


@pytest.mark.parametrize("harm", HARMS)
def test_only_a_damaged_shard_is_made_again_and_the_run_is_the_same(many, copy, harm):
    damaged(copy.shards, harm)
    before = standing(copy.shards)
    again(copy)
    after = standing(copy.shards)
    assert {name for name in after if after[name] != before.get(name)} == {"shard-00001.safetensors"}
    assert same(copy.run, many.run)


@pytest.mark.parametrize("name", [TEXTS, SELECTION, TOKENS, VOCABULARY])
@pytest.mark.parametrize("length", [0, 100, None])
def test_what_lies_beside_the_shards_is_refused_where_it_is_damaged_and_laid_down_anew(copy, many, name, length):
    data = (copy.shards / name).read_bytes()
    (copy.shards / name).unlink()
    if length is not None:
        (copy.shards / name).write_bytes(data[:length])
    before = everything(copy.run.parent)
    said = refused(merge, copy.shards, copy.run, progress=quiet, replace=True)
    assert "run the precompute again" in said
    assert everything(copy.run.parent) == before
    if length == 100:
        shards = standing(copy.shards)
        again(copy)
        assert standing(copy.shards) == shards
        assert same(copy.run, many.run)


def test_a_shard_that_could_not_be_written_keeps_nothing_out_when_it_is_made_again(many, copy, monkeypatch):
    manifest = Folder(copy.shards).manifest()
    for number in range(manifest.shards):
        Folder(copy.shards).shard(number).unlink()
    maker = processes.Maker(processes.ShardJob(many.model, copy.shards, manifest, "float32"))
    compute = processes.compute

    def full_disk(*given):
        compute(*given)
        raise UserError("the disk is full", "make room")

    maker.make(0, lambda _: None)
    monkeypatch.setattr(processes, "compute", full_disk)
    with pytest.raises(UserError):
        maker.make(1, lambda _: None)
    monkeypatch.setattr(processes, "compute", compute)
    for number in range(1, manifest.shards):
        maker.make(number, lambda _: None)
    merge(copy.shards, copy.run, progress=quiet, replace=True)
    assert same(copy.run, many.run)


def test_texts_that_were_changed_on_the_disk_are_refused(copy):
    data = (copy.shards / TEXTS).read_bytes()
    place = data.index(b"football")
    (copy.shards / TEXTS).write_bytes(data[:place] + b"FOOTBALL" + data[place + 8 :])
    said = refused(merge, copy.shards, copy.run, progress=quiet, replace=True)
    assert f"'{TEXTS}' in '{copy.shards}' is damaged or missing" in said
    assert copy.run.read_bytes() == PRECIOUS


@pytest.mark.parametrize("name", [TEXTS, SELECTION, TOKENS, VOCABULARY])
def test_one_bit_beside_the_shards_is_noticed_before_anything_is_merged(copy, many, name):
    data = bytearray((copy.shards / name).read_bytes())
    for place in range(40, len(data), len(data) // 5):
        data[place] ^= 16
        (copy.shards / name).write_bytes(data)
        data[place] ^= 16
        said = refused(merge, copy.shards, copy.run, progress=quiet, replace=True)
        assert f"'{name}' in '{copy.shards}' is damaged or missing" in said
        assert f"run the precompute again with --shards {copy.shards}: it lays it down anew" in said
    again(copy)
    assert same(copy.run, many.run)


def test_a_manifest_without_hashes_of_what_lies_beside_it_is_of_a_precompute_that_was_killed(copy, many):
    folder = Folder(copy.shards)
    folder.write_manifest(replace(folder.manifest(), files={}))
    said = refused(merge, copy.shards, copy.run, progress=quiet, replace=True)
    assert f"the precompute in '{copy.shards}' was ended before all texts were there" in said
    again(copy)
    assert same(copy.run, many.run)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"pool": "max"}, "--pool"),
        ({"seed": 4}, "--seed"),
        ({"max_tokens": 50}, "set of texts and another --max-tokens"),
        ({"exemplars": 13}, "--exemplars"),
        ({"token_sample": 4_000}, "--token-sample"),
        ({"layers": (0,)}, "choice of layers"),
        ({"dtype": "bfloat16"}, "--dtype"),
        ({"text_fields": ("topic", "text")}, "set of texts"),
        ({"gold_fields": ("topic",)}, "set of texts"),
    ],
)
def test_shards_of_other_settings_are_refused_by_name_and_left_alone(copy, changed, says):
    before = everything(copy.run.parent)
    settings = PrecomputeSettings(
        **{**{name: getattr(copy.settings, name) for name in copy.settings.__slots__}, **changed}
    )
    said = refused(again, copy._replace(settings=settings))
    assert f"another {says}" in said
    assert f"rm -r -- {copy.shards};" in said
    assert everything(copy.run.parent) == before


def test_shards_of_another_model_or_of_other_texts_are_refused(copy, tmp_path_factory):
    other = save(FAMILIES["gpt2"], tmp_path_factory.mktemp("gpt2"))
    texts = write_lines(other / "texts.jsonl", sentences(20))
    before = everything(copy.run.parent)
    settings = PrecomputeSettings(str(other), dtype="float32", exemplars=12, seed=3, device="cpu")
    assert "another model and another tokenizer" in refused(again, copy._replace(settings=settings))
    assert "another set of texts" in refused(again, copy._replace(texts=texts))
    assert everything(copy.run.parent) == before


def test_the_same_model_and_texts_are_the_same_wherever_they_lie(copy, many, tmp_path):
    moved = shutil.copytree(many.model, tmp_path / "moved")
    texts = shutil.copy(many.texts, tmp_path / "elsewhere.jsonl")
    settings = PrecomputeSettings(str(moved), dtype="float32", exemplars=12, seed=3, device="cpu")
    shards = standing(copy.shards)
    again(copy._replace(texts=texts, settings=settings))
    assert standing(copy.shards) == shards


@pytest.mark.parametrize("content", [b'{"format": 1}', b'{"format": 99}'])
def test_a_manifest_of_another_version_is_refused_and_nothing_is_overwritten(copy, content):
    (copy.shards / MANIFEST).write_bytes(content)
    before = everything(copy.run.parent)
    for said in (refused(merge, copy.shards, copy.run, progress=quiet, replace=True), refused(again, copy)):
        assert f"the shards in '{copy.shards}' were made by another version" in said
        assert f"--fresh --shards {copy.shards}, or remove them: rm -r -- {copy.shards}" in said
    assert everything(copy.run.parent) == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"format": "7"}', b"\xff", b"[" * 100_000])
def test_a_damaged_manifest_is_mended_by_the_command_in_the_hint_and_the_shards_are_kept(many, copy, content):
    (copy.shards / MANIFEST).write_bytes(content)
    (copy.shards / "notes.txt").write_text("a person's own")
    before, shards = everything(copy.run.parent), standing(copy.shards)
    said = refused(merge, copy.shards, copy.run, progress=quiet, replace=True)
    assert said == refused(again, copy)
    assert f"'{MANIFEST}' in '{copy.shards}' is damaged" in said
    assert everything(copy.run.parent) == before
    command, _, then = said.partition("remove it: ")[2].partition("; then ")
    assert then == f"run the precompute again with --shards {copy.shards}: it writes it anew, and keeps the shards"
    subprocess.run(shlex.split(command), check=True)
    again(copy)
    assert standing(copy.shards) == shards
    assert same(copy.run, many.run)


@pytest.mark.parametrize("name", [*sorted(DESCRIPTIVE), "weights", "texts_hash", "seed", "format", "hash"])
def test_a_manifest_in_which_anything_was_changed_is_damaged(copy, name):
    file = copy.shards / MANIFEST
    manifest, record = Folder(copy.shards).manifest(), json.loads(file.read_text())
    for other in ("other", None, 5):
        file.write_text(json.dumps({**record, name: other}))
        said = refused(merge, copy.shards, copy.run, progress=quiet, replace=True)
        assert f"'{MANIFEST}' in '{copy.shards}' is damaged" in said
    file.write_text(json.dumps({key: value for key, value in record.items() if key != name}))
    assert f"'{MANIFEST}' in '{copy.shards}' is damaged" in refused(Folder(copy.shards).manifest)
    file.write_text(json.dumps(dict(reversed(record.items()))))
    assert Folder(copy.shards).manifest() == manifest


@pytest.mark.parametrize(("content", "left"), [("{", True), ('{"format": 1}', False)])
def test_the_command_in_the_hint_is_one_whatever_the_folder_is_called(tmp_path, monkeypatch, content, left):
    monkeypatch.chdir(tmp_path)
    shards = Path("-it's shards")
    shards.mkdir()
    (shards / MANIFEST).write_text(content)
    hint = refused(Folder(shards).manifest).partition(" | ")[2]
    _, _, command = hint.partition("; then ")[0].rpartition(": ")
    subprocess.run(shlex.split(command), check=True)
    assert not (shards / MANIFEST).exists()
    assert shards.exists() == left


def test_a_folder_whose_manifest_is_gone_is_known_by_its_shards(many, copy):
    (copy.shards / MANIFEST).unlink()
    shards = standing(copy.shards)
    said = refused(merge, copy.shards, copy.run, progress=quiet, replace=True)
    assert f"run the precompute again with --shards {copy.shards}: it goes on from there" in said
    again(copy)
    assert standing(copy.shards) == shards
    assert same(copy.run, many.run)


def test_others_may_read_what_they_may_read_of_the_texts(many):
    modes = {file.stat().st_mode & 0o777 for file in many.shards.iterdir()}
    assert modes == {(many.shards / TEXTS).stat().st_mode & 0o777}


def test_a_manifest_tells_its_own_key(many):
    manifest = Folder(many.shards).manifest()
    record = asdict(manifest)
    assert Manifest(**{**record, "model": "another path", "texts_path": "x"}).key == manifest.key
    descriptive = {
        "model",
        "model_type",
        "texts_path",
        "texts_cut",
        "documents",
        "overlap",
        "dtype_check",
        "files",
    }
    for name in record.keys() - descriptive:
        assert Manifest(**{**record, name: "other"}).key != manifest.key, name


def test_shards_grow_with_the_texts_and_are_of_much_the_same_size(many):
    record = asdict(Folder(many.shards).manifest())
    for texts, shards in ((1, 1), (512, 1), (513, 2), (7_600, 8), (10_000, 10), (10**6, 123), (10**9, 61_036)):
        manifest = Manifest(**{**record, "texts": texts})
        assert manifest.shards == shards
        assert (shards - 1) * manifest.shard_texts < texts <= shards * manifest.shard_texts
        assert texts - (shards - 1) * manifest.shard_texts >= manifest.shard_texts - shards


def test_the_longest_shards_are_made_first(settings, tmp_path):
    bodies = sentences(1_030, longest=2) + sentences(500, seed=1, longest=30)
    texts, shards = write_lines(tmp_path / "texts.jsonl", bodies), tmp_path / "shards"
    precompute([str(texts)], tmp_path / "run.duckdb", settings, progress=quiet, shards=shards)
    made = sorted(shards.glob("shard-*.safetensors"), key=lambda file: file.stat().st_mtime_ns)
    assert made[0].name == "shard-00002.safetensors"


def test_a_folder_of_somebody_elses_files_is_refused_and_left_alone(texts, settings, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "thesis.txt").write_text("words")
    said = refused(precompute, [str(texts)], tmp_path / "run", settings, progress=quiet, shards=theirs)
    assert "'thesis.txt', which is no part of a precompute" in said
    assert [file.name for file in theirs.iterdir()] == ["thesis.txt"]
    assert "is not a folder of shards" in refused(merge, theirs, tmp_path / "run", progress=quiet)


def test_somebody_elses_file_beside_the_shards_outlives_them(texts, settings, tmp_path):
    theirs = tmp_path / "run.duckdb.shards"
    theirs.mkdir()
    (theirs / "thesis.txt").write_text("words")
    precompute([str(texts)], tmp_path / "run.duckdb", settings, progress=quiet)
    assert [file.name for file in theirs.iterdir()] == ["thesis.txt"]


def test_a_run_takes_its_shards_away_unless_their_folder_was_named(texts, settings, tmp_path):
    precompute([str(texts)], tmp_path / "a", settings, progress=quiet)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "texts.jsonl"]
    precompute([str(texts)], tmp_path / "b", settings, progress=quiet, shards=tmp_path / "kept")
    parts = {MANIFEST, TEXTS, SELECTION, TOKENS, OUTPUTS, VOCABULARY, "shard-00000.safetensors"}
    assert {file.name for file in (tmp_path / "kept").iterdir()} == parts
    merge(tmp_path / "kept", tmp_path / "c", progress=quiet)
    assert same(tmp_path / "a", tmp_path / "b")
    assert same(tmp_path / "b", tmp_path / "c")


def test_many_shards_are_named_by_the_files_of_the_first_few():
    assert named([0, 4]) == "shard-00000.safetensors, shard-00004.safetensors"
    first = "shard-00001.safetensors, shard-00002.safetensors, shard-00003.safetensors, shard-00004.safetensors"
    assert named(list(range(1, 21))) == f"{first} and 16 more"
