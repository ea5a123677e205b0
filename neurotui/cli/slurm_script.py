"""The script that submits a precompute to Slurm: an array of tasks that share its shards, then a merge."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SCRIPT = """\
#!/bin/sh
# A precompute in {tasks} tasks of Slurm, then the merge of their shards. Submit it where these paths are right,
# on every node too: sh THIS_FILE. A task that is killed or whose node is drained is queued again, and goes on from
# the finished shards; one that fails {most} times fails for good, and the merge with it.
set -eu

array=$(sbatch --parsable <<'JOB'
#!/bin/sh
#SBATCH --job-name=neurotui
#SBATCH --array=1-{tasks}
#SBATCH --cpus-per-task={workers}{gpu}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=neurotui-%A_%a.log
{precompute} --shards {shards} --shard "$SLURM_ARRAY_TASK_ID/{tasks}" --workers {workers} && exit 0
status=$?
[ "${{SLURM_RESTART_COUNT:-0}}" -ge {again} ] || scontrol requeue "$SLURM_JOB_ID"
exit "$status"
JOB
)

sbatch --dependency="afterok:${{array%%;*}}" --kill-on-invalid-dep=yes <<'JOB'
#!/bin/sh
#SBATCH --job-name=neurotui-merge
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=neurotui-merge-%j.log
{merge} {shards} -o {output}{force}
JOB
"""
_AGAIN = 3


def script(
    given: Sequence[str], output: Path, shards: Path, *, tasks: int, workers: int, cuda: bool, force: bool
) -> str:
    """Return a shell script that submits a precompute with the `given` texts and options in so many tasks."""
    program = [sys.executable, "-m", "neurotui"]
    return _SCRIPT.format(
        tasks=tasks,
        workers=workers,
        gpu="\n#SBATCH --gres=gpu:1" if cuda else "",
        again=_AGAIN,
        most=_AGAIN + 1,
        precompute=shlex.join([*program, "precompute", *given, "-o", str(output)]),
        merge=shlex.join([*program, "merge"]),
        shards=shlex.quote(str(shards)),
        output=shlex.quote(str(output)),
        force=" --force" if force else "",
    )
