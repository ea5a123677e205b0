"""The same run, bit for bit, whoever makes its shards, in whatever order, and however often they are killed."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from patience import PATIENCE
from precompute.corpora import quiet, refused, sentences, write_lines
from precompute.runs import same, standing

from neurotui.precompute.pipeline import merge, precompute
from neurotui.precompute.processes import ShardJob, Workers, decide
from neurotui.precompute.shards import Folder


def made(shards):
    return sorted(file.name for file in shards.glob("shard-?????.safetensors"))


def test_parts_made_in_any_order_merge_to_the_same_run(many, tmp_path):
    shards, run = tmp_path / "shards", tmp_path / "run.duckdb"
    for part, there in (((3, 3), 1), ((1, 3), 2)):
        told = precompute([str(many.texts)], run, many.settings, progress=quiet, shards=shards, part=part)
        assert told is None
        assert len(made(shards)) == there
    assert "1 of 3 shards" in refused(merge, shards, run, progress=quiet)
    assert not run.exists()
    precompute([str(many.texts)], run, many.settings, progress=quiet, shards=shards, part=(2, 3))
    merge(shards, run, progress=quiet)
    assert same(run, many.run)


def test_a_part_beyond_the_last_shard_makes_nothing_and_is_no_error(many, tmp_path):
    run, shards = tmp_path / "run.duckdb", tmp_path / "shards"
    precompute([str(many.texts)], run, many.settings, progress=quiet, shards=shards, part=(7, 8))
    assert made(shards) == []


def test_a_second_run_over_finished_shards_makes_none_again(many, tmp_path):
    before = standing(many.shards)
    precompute([str(many.texts)], tmp_path / "run.duckdb", many.settings, progress=quiet, shards=many.shards)
    assert standing(many.shards) == before
    assert same(tmp_path / "run.duckdb", many.run)


@pytest.mark.parametrize(("victims", "others"), [(1, 2), (2, 1)])
def test_killed_workers_are_told_nobody_is_left_and_others_make_the_same_run(many, tmp_path, victims, others):
    run, shards = tmp_path / "run.duckdb", tmp_path / "shards"
    settings = replace(many.settings, workers=2)

    def kill(stage, done, total):
        workers = multiprocessing.active_children()
        if stage == "running the model" and 0 < done < total and len(workers) == 2:
            for worker in workers[:victims]:
                os.kill(worker.pid, signal.SIGKILL)

    said = refused(precompute, [str(many.texts)], run, settings, progress=kill, shards=shards)
    assert "a worker process was killed" in said
    assert "choose fewer with --workers" in said
    assert multiprocessing.active_children() == []
    assert not run.exists()
    precompute([str(many.texts)], run, replace(settings, workers=others), progress=quiet, shards=shards)
    assert same(run, many.run)
    assert [file.name for file in shards.iterdir() if file.name.endswith(".writing")] == []


def test_workers_start_while_the_texts_are_read_where_there_will_be_several_and_end_before_the_merge(
    many, tmp_path
):
    seen = {}

    def look(stage, *_):
        seen.setdefault(stage, len(multiprocessing.active_children()))

    for bodies, there in ((sentences(1_600, longest=30), 2), (sentences(600, longest=4), 0)):
        texts, run = write_lines(tmp_path / "texts.jsonl", bodies), tmp_path / f"{there}.duckdb"
        seen.clear()
        precompute([str(texts)], run, replace(many.settings, workers=2), progress=look)
        assert (seen["reading texts"], seen["running the model"], seen["merging"]) == (there, there, 0)
        precompute([str(texts)], tmp_path / "alone.duckdb", many.settings, progress=quiet, replace=True)
        assert same(run, tmp_path / "alone.duckdb")


def test_there_are_never_more_workers_than_shards_and_one_for_a_graphics_processor():
    assert decide(5, 3, "cpu") == 3
    assert decide(2, 3, "cpu") == 2
    assert 1 <= decide(0, 100, "cpu") <= 8
    assert decide(4, 100, "cuda") == 1


# All processes of a precompute stop as one of them is about to lay down its second shard.
HALF_WAY = """
import os, signal, sys
laid = []
def stop(event, what):
    if event == "os.rename" and os.path.basename(what[1]).startswith("shard-") and what[1].endswith(".safetensors"):
        laid.append(what[1])
        if len(laid) == 2:
            try:
                os.close(os.open("stopped", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return
            os.killpg(0, signal.SIGSTOP)
sys.addaudithook(stop)
"""


def started(many, texts, run, shards, workers):
    """Start a precompute as people do, in a process group of its own; it stops half-way."""
    place = run.parent / "place"
    place.mkdir()
    (place / "sitecustomize.py").write_text(HALF_WAY)
    command = [
        sys.executable,
        "-m",
        "neurotui",
        "precompute",
        str(texts),
        "-o",
        str(run),
        "--shards",
        str(shards),
    ]
    settings = ["--model", str(many.model), "--dtype", "float32", "--device", "cpu", "--workers", str(workers)]
    return subprocess.Popen(
        [*command, *settings],
        stderr=subprocess.PIPE,
        start_new_session=True,
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(place)},
    )


def children(process):
    """Return a process's children where the platform tells."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def running(pid):
    state = Path(f"/proc/{pid}/stat")
    try:
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def stopped(process):
    """Tell whether a process stands still; one that has ended will not."""
    found, status = os.waitpid(process.pid, os.WUNTRACED | os.WNOHANG)
    assert not found or os.WIFSTOPPED(status)
    return bool(found)


def wait_until(true):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


@pytest.fixture(scope="module")
def plain(many, tmp_path_factory):
    """Return texts for five shards, the settings that a command line has, and the run that they make undisturbed."""
    folder = tmp_path_factory.mktemp("plain")
    texts = write_lines(folder / "texts.jsonl", sentences(512 * 4 + 100, seed=8))
    settings = replace(many.settings, exemplars=20, seed=0)
    precompute([str(texts)], folder / "run.duckdb", settings, progress=quiet)
    return texts, settings, folder / "run.duckdb"


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
@pytest.mark.parametrize(("harm", "workers"), [(signal.SIGKILL, 2), (signal.SIGINT, 1)])
def test_a_killed_precompute_resumes_to_the_same_run(many, plain, tmp_path, harm, workers):
    """Half-way, some shards are there: they are kept, no process stays behind, and no half run appears."""
    texts, settings, undisturbed = plain
    shards, run = tmp_path / "shards", tmp_path / "run.duckdb"
    process = started(many, texts, run, shards, workers)
    wait_until(lambda: stopped(process))
    left = children(process)
    process.send_signal(harm)
    os.killpg(process.pid, signal.SIGCONT)
    _, said = process.communicate(timeout=PATIENCE)
    wait_until(lambda: not any(map(running, left)))
    finished = standing(shards)
    assert 0 < len(made(shards)) < 5
    assert not run.exists()
    if harm == signal.SIGINT:
        assert process.returncode == 130
        assert b"the same command goes on" in said
        assert f"\nhint: neurotui precompute {texts} -o {run} --shards {shards} --model ".encode() in said
    precompute([str(texts)], run, settings, progress=quiet, shards=shards)
    after = standing(shards)
    assert len(after) == 5
    assert {name: after.get(name) for name in finished if not name.endswith(".writing")}.items() <= after.items()
    assert same(run, undisturbed)


# The first process of a program that is started so brings another one with it.
HELD_BACK = """
import signal
from multiprocessing import active_children
from pathlib import Path
from neurotui.precompute.processes import Workers
with Workers() as workers:
    workers.start(2, Path("model"), "")
    for worker in active_children():
        status = Path(f"/proc/{worker.pid}/status").read_text()
        held_back = int(status.partition("SigBlk:")[2].split()[0], 16)
        print(held_back >> signal.SIGINT - 1 & 1)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="what a process holds back is told by Linux")
def test_ctrl_c_reaches_no_worker_however_early_it_comes():
    done = subprocess.run([sys.executable, "-c", HELD_BACK], capture_output=True, text=True, check=True)
    assert (done.stdout.split(), done.stderr) == (["1", "1"], "")


def test_a_worker_to_which_nobody_listens_any_more_ends_without_a_word(many, tmp_path, capfd):
    folder = Folder(shutil.copytree(many.shards, tmp_path / "shards"))
    with Workers() as workers:
        (connection,) = workers.start(1, many.model, "")
        connection.send(ShardJob(many.model, folder.path, folder.manifest(), "float32"))
        connection.send(1)
        connection.close()
        (worker,) = multiprocessing.active_children()
        worker.join(PATIENCE)
        assert worker.exitcode == 0
    assert capfd.readouterr().err == ""
