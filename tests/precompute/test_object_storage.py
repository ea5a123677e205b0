"""Texts, shards and runs that a URL names: the commands read them as files, and write nothing there."""

import json
import shlex
import shutil
import subprocess
import sys

import duckdb
import pytest
from object_storage import command_of, lines
from precompute.corpora import quiet, refused, sentences
from precompute.runs import same, standing, tables
from tui.terminal import Terminal

import neurotui
from neurotui.cli import main
from neurotui.precompute.pipeline import merge, precompute
from neurotui.store.fetch_cache import cache_folder, is_fetched
from neurotui.store.fetched_files import local_file
from neurotui.store.url_refusals import copy_command


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def answered(capsys, *arguments):
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def said(capsys, *arguments):
    """Return what a refused command says."""
    capsys.readouterr()
    assert main([*arguments]) == 1
    told = capsys.readouterr().err
    assert "error: " in told
    return told


def test_texts_at_urls_give_the_run_of_the_same_files_here_and_it_says_the_urls(storage, settings, here):
    said = sentences(30)
    parts = {"a/part.jsonl": lines(*said[:10]), "b/part.jsonl": lines(*said[10:20]), "c.jsonl": lines(*said[20:])}
    for name, content in parts.items():
        storage.put(f"texts/{name}", content)
        file = here / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    sources = [storage.url("texts/*/part.jsonl"), storage.url("texts/c.jsonl")]
    precompute(sources, here / "urls.duckdb", settings, progress=quiet)
    precompute(["*/part.jsonl", "c.jsonl"], here / "files.duckdb", settings, progress=quiet)
    one, other = tables(here / "urls.duckdb"), tables(here / "files.duckdb")
    assert all(one[name].equals(other[name]) for name in one if name != "meta")
    with duckdb.connect(str(here / "urls.duckdb"), read_only=True) as run:
        meta = dict(run.execute("SELECT key, value FROM meta").fetchall())
        (first,) = run.execute("SELECT min(source_id) FROM texts").fetchone()
    assert meta["texts_path"] == f"{storage.base}/texts/*/part.jsonl, {storage.base}/texts/c.jsonl"
    assert first == "a/part.jsonl:1"


def test_the_command_takes_urls_beside_files(storage, settings, here, capsys):
    (here / "b.jsonl").write_bytes(lines(*sentences(10, seed=1)))
    url = storage.put("a.jsonl", lines(*sentences(10)))
    command = ["precompute", url, "b.jsonl", "-o", "run.duckdb", "--model", settings.model, "--device", "cpu"]
    made = answered(capsys, *command, "--workers", "1")
    assert made["texts"] == 20


def test_shards_at_a_url_are_merged_into_the_run_of_the_folder(storage, many, here, capsys):
    url = storage.put_folder("shards", many.shards)
    storage.put("shards/notes.txt", b"not a shard")
    answered(capsys, "merge", url, "-o", "run.duckdb")
    merge(many.shards, here / "files.duckdb", progress=quiet)
    assert same(here / "run.duckdb", here / "files.duckdb")
    assert not any(cache_folder().rglob("notes.txt"))
    storage.remove("shards/shard-00001.safetensors")
    told = said(capsys, "merge", url, "-o", "other.duckdb")
    assert f"1 of 3 shards in '{url}' are missing or damaged: shard-00001.safetensors" in told
    hint = told.partition("hint: ")[2]
    assert "; then run the precompute again with --shards shards: it makes those" in hint
    subprocess.run([sys.executable, "-c", command_of(hint)], check=True, cwd=here)
    assert {"manifest.json", "shard-00000.safetensors"} <= {path.name for path in (here / "shards").iterdir()}
    storage.put("shards/shard-00001.safetensors", many.shards / "shard-00001.safetensors")
    storage.remove("shards/outputs.safetensors")
    told = said(capsys, "merge", url, "-o", "other.duckdb")
    assert f"is missing in '{url}', or damaged" in told
    assert "--shards shards: it makes that" in told


def spoil(file):
    """Flip a bit in the middle of a file that was fetched, whatever else it is called."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def fetch_again(told):
    """Give the command by which what is damaged is fetched again."""
    command = told.partition("have it fetched again: ")[2].partition("; if it is damaged there too, ")[0]
    subprocess.run(shlex.split(command), check=True)


@pytest.mark.parametrize(
    "name", ["manifest.json", "texts.arrow", "shard-00001.safetensors", "outputs.safetensors"]
)
def test_shards_that_were_damaged_once_fetched_are_told_by_their_url_and_fetched_again(
    storage, many, here, capsys, name
):
    url, other = storage.put_folder("shards", many.shards), storage.put("a.txt", b"a")
    answered(capsys, "merge", url, "-o", "run.duckdb")
    kept = local_file(other)
    (folder,) = {file.parent for file in cache_folder().rglob(name) if len(list(file.parent.iterdir())) > 1}
    spoil(folder / name)
    told = said(capsys, "merge", url, "-o", "other.duckdb")
    assert f"in '{url}'" in told
    assert str(cache_folder()) not in told.partition("hint: ")[0]
    fetch_again(told)
    answered(capsys, "merge", url, "-o", "other.duckdb")
    assert same(here / "run.duckdb", here / "other.duckdb")
    assert kept.exists()


def test_a_manifest_that_is_damaged_at_its_url_is_mended_on_a_copy(storage, many, here, capsys):
    url = storage.put_folder("shards", many.shards)
    content = (many.shards / "manifest.json").read_bytes()
    storage.put("shards/manifest.json", content.replace(b'"seed": 3', b'"seed": 4'))
    told = said(capsys, "merge", url, "-o", "run.duckdb")
    assert f"'manifest.json' in '{url}' is damaged" in told
    fetch_again(told)
    hint = said(capsys, "merge", url, "-o", "run.duckdb").partition("if it is damaged there too, ")[2]
    assert "; then run the precompute again with --shards shards: it writes it anew, and keeps the shards" in hint
    subprocess.run([sys.executable, "-c", command_of(hint)], check=True, cwd=here)
    subprocess.run(shlex.split(hint.partition("remove it: ")[2].partition(";")[0]), check=True, cwd=here)
    shards = standing(here / "shards")
    precompute([str(many.texts)], here / "run.duckdb", many.settings, progress=quiet, shards=here / "shards")
    assert standing(here / "shards") == shards
    assert same(here / "run.duckdb", many.run)


@pytest.mark.parametrize("harm", [spoil, lambda file: file.write_bytes(b"nothing" * 1000)])
def test_a_run_that_was_damaged_once_fetched_is_told_by_its_url_and_fetched_again(storage, many, capsys, harm):
    url, other = storage.put("runs/day.duckdb", many.run), storage.put("a.txt", b"a")
    sound = answered(capsys, "verify", url, "--sample", "0")
    kept = local_file(other)
    harm(local_file(url))
    told = said(capsys, "verify", url, "--sample", "0")
    assert f"'{url}'" in told
    assert str(cache_folder()) not in told.partition("hint: ")[0]
    fetch_again(told)
    assert answered(capsys, "verify", url, "--sample", "0") == sound
    assert kept.exists()


def test_a_run_at_a_url_is_told_of_and_its_labels_stand_in_the_present_folder(storage, many, here, capsys):
    url = storage.put("runs/day.duckdb", many.run)
    told = answered(capsys, "info", url)
    assert (told["run"], told["journal"]) == (url, "day.labels.jsonl")
    assert told["texts"] > 1000
    with neurotui.open_run(url, annotator="ann") as run:
        neuron = next(iter(run.neurons()["neuron"].to_pylist()))
        run.accept(neuron, "things")
    assert "things" in (here / "day.labels.jsonl").read_text()
    assert answered(capsys, "info", url)["accepted"] == 1
    assert main(["export", url, "-o", "labels.jsonl"]) == 0
    assert "things" in (here / "labels.jsonl").read_text()
    kept = {path.name for path in cache_folder().rglob("*") if path.is_file()}
    assert kept == {"day.duckdb", "url"}


def test_a_run_at_a_url_is_named_by_it_in_records_and_in_hints(storage, many, capsys):
    url = storage.put("day.duckdb", many.run)
    assert answered(capsys, "journal", url)["run"] == url
    compared = answered(capsys, "compare", url, str(many.run))
    assert (compared["run"], compared["other"]) == (url, str(many.run))
    assert f"hint: {shlex.join(['neurotui', 'describe', url])}" in said(capsys, "evaluate", url, "--sanity")
    assert f"'{url}' describes no neuron" in said(capsys, "score", url)


@pytest.mark.parametrize("options", [[], ["--annotator", "ada"]])
def test_the_app_opens_a_run_at_a_url_and_keeps_decisions_in_the_present_folder(storage, many, here, options):
    url = storage.put("day.duckdb", many.run)
    with Terminal(("-m", "neurotui", "open", url, *options), (600, 30)) as app:
        app.until("top exemplars")
        app.press("x")
        app.until("saved: L0.0 rejected")
        app.press("q")
        assert app.ends() == 0
        assert "labels: day.labels.jsonl" in app.text
        assert f"again: {shlex.join(['neurotui', 'open', url])}" in app.text
    assert '"action":"reject"' in (here / "day.labels.jsonl").read_text().replace(" ", "")


def test_the_app_suggests_a_file_in_the_present_folder_for_labels_of_a_run_at_a_url(storage, many, here):
    url = storage.put("day.duckdb", many.run)
    with Terminal(("-m", "neurotui", "open", url), (200, 40)) as app:
        app.until("top exemplars")
        app.press("a", "X")
        app.until("day.accepted.jsonl")
        assert "cache" not in app.text
        app.press("enter")
        app.until("1 label written to 'day.accepted.jsonl'")
    assert "L0.0" in (here / "day.accepted.jsonl").read_text()


def test_a_run_that_was_fetched_is_known_where_the_cache_is_a_link(storage, many, here, monkeypatch):
    (here / "elsewhere").mkdir()
    (here / "cache").symlink_to(here / "elsewhere")
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    path = local_file(storage.put("run.duckdb", many.run))
    assert is_fetched(path)
    assert is_fetched(path.resolve())


def test_two_runs_at_urls_are_compared(storage, many):
    one, other = (storage.put(f"{name}.duckdb", many.run) for name in ("one", "other"))
    assert main(["compare", one, other]) == 0


def test_what_would_change_a_run_at_a_url_says_how_to_copy_it(storage, many, here, capsys):
    url = storage.put("run.duckdb", many.run)
    told = said(capsys, "describe", url)
    assert f"'{url}' is a URL" in told
    hint = told.partition("hint: ")[2]
    done = subprocess.run([sys.executable, "-c", command_of(hint)], check=True, cwd=here)
    assert done.returncode == 0
    assert (here / "run.duckdb").read_bytes() == many.run.read_bytes()
    fetched = local_file(url)
    for run in (url, fetched, str(fetched)):
        assert f"'{url}' is a URL" in refused(neurotui.describe, run)
        assert f"'{url}' is a URL" in refused(neurotui.forget_describer, run, "gpt")
    assert f"'{url}' is a URL" in said(capsys, "describe", str(fetched))
    assert fetched.read_bytes() == many.run.read_bytes()


@pytest.mark.parametrize(
    "command",
    [
        "precompute a.txt -o URL",
        "precompute a.txt -o run.duckdb --shards URL",
        "merge shards -o URL",
        "export run.duckdb -o URL",
        "info run.duckdb --labels URL",
        "compare run.duckdb run.duckdb --labels a.jsonl --labels URL",
        "compare run.duckdb run.duckdb --other-labels URL",
        "evaluate run.duckdb --labels URL",
        "evaluate run.duckdb --against URL",
        "import run.duckdb URL",
        "demo -o URL",
    ],
)
def test_nothing_is_written_to_a_url_and_a_command_that_copies_is_said(command, capsys, here):
    told = said(capsys, *command.replace("URL", "s3://bucket/file.duckdb").split())
    assert "'s3://bucket/file.duckdb' is a URL" in told
    assert "copy_files" in command_of(told.partition("hint: ")[2])
    assert list(here.iterdir()) == []
    told = said(capsys, *command.replace("URL", "s3://key:hidden@bucket/file.duckdb").split())
    assert "hidden" not in told
    assert "AWS_PROFILE" in told


def test_python_writes_nothing_to_a_url_and_wants_journals_on_a_disk(many, here):
    url = "s3://bucket/a.jsonl"
    calls = [
        (neurotui.open_run, {"labels": url}),
        (neurotui.evaluate, {"labels": [url]}),
        (neurotui.score, {"labels": url}),
        (neurotui.score, {"describers": [url]}),
        (neurotui.evaluate_against, {"curated_set": url}),
        (neurotui.evaluate_against, {"curated_set": "a.jsonl", "labels": [url]}),
        (neurotui.compare, {"other": many.run, "other_labels": url}),
        (neurotui.export, {"path": url}),
    ]
    for call, options in calls:
        assert f"'{url}' is a URL" in refused(call, many.run, **options)
    assert list(here.iterdir()) == []


def test_the_command_that_copies_to_a_url_copies(storage, many, here, capsys):
    url = storage.url("run.duckdb")
    hint = said(capsys, "merge", "shards", "-o", url).partition("hint: ")[2]
    (here / "run.duckdb").write_bytes(many.run.read_bytes())
    subprocess.run([sys.executable, "-c", command_of(hint)], check=True, cwd=here)
    assert local_file(url).read_bytes() == many.run.read_bytes()
    if storage.base.startswith("s3:"):
        hint = said(capsys, "precompute", "a.txt", "-o", "b", "--shards", storage.url("parts")).partition(
            "hint: "
        )[2]
        shutil.copytree(many.shards, here / "parts")
        subprocess.run([sys.executable, "-c", command_of(hint)], check=True, cwd=here)
        assert main(["merge", storage.url("parts"), "-o", "again.duckdb"]) == 0
    assert "is a URL" in refused(neurotui.precompute, "a.txt", url)


@pytest.mark.parametrize("name", ["a b.jsonl", "it's 🦄 #1.jsonl"])
def test_the_command_that_copies_copies_whatever_the_file_is_called(storage, here, name):
    (here / name).write_bytes(b"x")
    for source, target in ((name, storage.url(f"there {name}")), (storage.url(f"there {name}"), f"back {name}")):
        python, *words = shlex.split(copy_command(source, target))
        assert python == "python3"
        subprocess.run([sys.executable, *words], check=True, cwd=here)
    assert (here / f"back {name}").read_bytes() == b"x"
