"""Shards that Ray or Slurm makes are those of one process, and so is the run, whatever was killed on the way.

A real Ray and a real Slurm run here where they are installed; what is printed for Slurm is checked everywhere.
"""

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from patience import PATIENCE
from precompute.corpora import quiet, refused, sentences, write_lines
from precompute.runs import same

from neurotui.cli import main
from neurotui.precompute import ray_workers
from neurotui.precompute.pipeline import precompute

SH = shutil.which("sh")
SLURM = pytest.mark.skipif(shutil.which("sbatch") is None, reason="Slurm is not installed")


def shards_of(folder):
    return {file.name for file in folder.iterdir() if file.name.startswith("shard-")}


def told(options):
    """Return the settings of ``many`` as a command line has them."""
    return [
        *("--model", str(options.model), "--dtype", options.dtype, "--device", "cpu"),
        *("--exemplars", str(options.exemplars), "--seed", str(options.seed)),
    ]


@pytest.fixture
def printed(many, tmp_path, capsys):
    """Return a function that returns what is printed for Slurm, for so many tasks and with further options."""

    def of(tasks, *more, texts=many.texts, output=tmp_path / "run.duckdb"):
        command = ["precompute", str(texts), "-o", str(output), *told(many.settings), *more]
        capsys.readouterr()
        assert main([*command, "--print-slurm", str(tasks)]) == 0
        return capsys.readouterr().out

    return of


def test_what_is_printed_for_slurm_is_an_array_that_is_queued_again_and_a_merge_that_waits_for_it(
    printed, tmp_path
):
    said = printed(8, "--text-field", "text", "--window", "90", "--workers", "2", "--force")
    for line in (
        "#SBATCH --array=1-8",
        "#SBATCH --requeue",
        "#SBATCH --cpus-per-task=2",
        '--shard "$SLURM_ARRAY_TASK_ID/8" --workers 2',
        "--window 90",
        '--dependency="afterok:${array%%;*}"',
        f"merge {tmp_path / 'run.duckdb.shards'} -o {tmp_path / 'run.duckdb'} --force",
    ):
        assert line in said
    assert "--gres" not in said
    assert "--gres=gpu:1" in printed(2, "--device", "cuda")
    assert subprocess.run([SH, "-n"], input=said, text=True, check=False).returncode == 0
    assert not (tmp_path / "run.duckdb.shards").exists()


def test_names_with_spaces_and_quotes_are_quoted_for_the_shell(printed, tmp_path):
    said = printed(2, "--text-field", "a b", output=tmp_path / "it's a run $HOME.duckdb")
    stub = "sbatch() { sed -n 's/^[^#]*-m neurotui/neurotui/p' >&2; echo 7; }\n"
    shown = subprocess.run([SH], input=stub + said, text=True, capture_output=True, check=True).stderr
    (merge,) = [line for line in shown.splitlines() if line.startswith("neurotui merge")]
    assert shlex.split(merge)[-1] == str(tmp_path / "it's a run $HOME.duckdb")
    assert "--text-field 'a b'" in shown


@pytest.mark.parametrize("tasks", [-1, 1_001])
def test_a_number_of_tasks_that_cannot_be_is_refused(many, tmp_path, tasks, capsys):
    command = ["precompute", str(many.texts), "-o", str(tmp_path / "r"), "--print-slurm", str(tasks)]
    assert main(command) == 1
    assert f"'{tasks}' is no number of tasks" in capsys.readouterr().err


def test_an_array_whose_tasks_are_killed_makes_the_same_run(many, printed, tmp_path):
    """The script as it is printed, on a scheduler of a few lines: tasks in any order, one killed and queued again."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "sbatch").write_text(
        "#!/bin/sh\n"
        'cat > "$JOBS/job.$$"\n'
        'if grep -q array= "$JOBS/job.$$"; then for task in 3 1 2; do\n'
        '  [ $task = 1 ] && (SLURM_ARRAY_TASK_ID=$task timeout -s KILL 2 sh "$JOBS/job.$$" >&2 || echo killed >&2)\n'
        '  SLURM_ARRAY_TASK_ID=$task sh "$JOBS/job.$$" >&2 || exit 1\n'
        'done; echo "17;cluster"; else case "$*" in *afterok:17\\ *) sh "$JOBS/job.$$";; *) exit 9;; esac; fi\n'
    )
    (bin_ / "sbatch").chmod(0o755)
    environment = {**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}", "JOBS": str(tmp_path)}
    said = subprocess.run([SH], input=printed(3), text=True, capture_output=True, env=environment, check=False)
    assert said.returncode == 0, said.stderr
    assert same(tmp_path / "run.duckdb", many.run)


def wait_for(true):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def run_at(command, **more):
    program, *arguments = command
    command = [shutil.which(program), *arguments]
    return subprocess.run(command, text=True, capture_output=True, check=True, **more).stdout


@SLURM
def test_a_real_slurm_makes_the_same_run_though_a_task_is_killed_and_a_node_drained(many, printed, tmp_path):
    if subprocess.run([shutil.which("sinfo"), "-h"], capture_output=True, check=False).returncode:
        pytest.skip("no Slurm is running")
    texts = write_lines(tmp_path / "texts.jsonl", sentences(512 * 8 + 9, seed=6))
    precompute([str(texts)], tmp_path / "plain.duckdb", many.settings, progress=quiet)
    merge = re.findall(r"\d+", run_at([SH], input=printed(4, texts=texts), cwd=tmp_path))[-1]
    shards = tmp_path / "run.duckdb.shards"
    wait_for(lambda: list(shards.glob("shard-*.safetensors")))
    running = run_at(["squeue", "-h", "-t", "R", "-o", "%A %N"]).split()
    node = running[1]
    run_at(["scontrol", "requeue", running[0]])
    if len(run_at(["sinfo", "-h", "-N", "-o", "%N"]).split()) > 1:
        run_at(["scontrol", "update", f"NodeName={node}", "State=DRAIN", "Reason=a test"])
    try:
        wait_for(lambda: merge not in run_at(["squeue", "-h", "-o", "%A"]).split())
    finally:
        subprocess.run([shutil.which("scontrol"), "update", f"NodeName={node}", "State=RESUME"], check=False)
    assert same(tmp_path / "run.duckdb", tmp_path / "plain.duckdb")


def test_ray_that_is_not_installed_or_not_there_is_told(many, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    said = refused(
        precompute, [str(many.texts)], tmp_path / "run.duckdb", many.settings, progress=quiet, ray="local"
    )
    assert "Ray is not installed" in said
    assert "pip install 'neurotui[ray]'" in said


@pytest.fixture
def ray():
    """Return Ray where it is installed."""
    return pytest.importorskip("ray", reason="Ray is not installed")


@pytest.mark.filterwarnings("default")
def test_a_real_ray_makes_the_same_shards_and_the_same_run(ray, many, tmp_path):
    shards, run = tmp_path / "shards", tmp_path / "run.duckdb"
    precompute([str(many.texts)], run, many.settings, progress=quiet, shards=shards, ray="local")
    assert same(run, many.run)
    assert shards_of(shards) == shards_of(many.shards)
    assert not ray.is_initialized()


@pytest.mark.filterwarnings("default")
def test_a_worker_of_ray_that_is_killed_is_replaced_and_the_run_is_the_same(ray, many, tmp_path):
    texts = write_lines(tmp_path / "texts.jsonl", sentences(512 * 5 + 9, seed=6))
    precompute([str(texts)], tmp_path / "plain.duckdb", many.settings, progress=quiet)
    killed = []

    def kill(stage, done, total):
        if stage == "running the model" and 0 < done < total and not killed:
            killed.extend(makers())
            assert killed
            os.kill(killed[0], signal.SIGKILL)

    precompute([str(texts)], tmp_path / "run.duckdb", many.settings, progress=kill, ray="local")
    assert killed
    assert same(tmp_path / "run.duckdb", tmp_path / "plain.duckdb")
    assert not ray.is_initialized()


def makers():
    """Return the processes of Ray's that make shards, by the names that it gives them."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        # A process may end while it is looked at.
        with contextlib.suppress(OSError):
            if b"ray::Maker" in file.read_bytes():
                found.append(int(file.parent.name))
    return found


@pytest.mark.filterwarnings("default")
def test_no_ray_at_an_address_is_told(ray, many, tmp_path):
    del ray
    said = refused(
        precompute, [str(many.texts)], tmp_path / "run.duckdb", many.settings, progress=quiet, ray="127.0.0.1:1"
    )
    assert "there is no Ray at '127.0.0.1:1'" in said
    assert "--ray local" in said
    assert ray_workers.LOCAL == "local"
