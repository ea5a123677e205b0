"""Replies on disk: shared by processes, whole after a kill, and never trusted."""

import signal
import subprocess
import sys

import pytest
from patience import PATIENCE

from neurotui.backends.llm.reply_cache import Cache, key_of
from neurotui.errors import UserError

WRITES = """
import sys
from pathlib import Path
from neurotui.backends.llm.reply_cache import Cache
cache, name = Cache(Path(sys.argv[1])), sys.argv[2]
for number in range(int(sys.argv[3])):
    cache.put({f"{name} {number}": (name, str(number))})
    print(number, flush=True)
"""


def writer(path, name, number):
    return subprocess.Popen(
        [sys.executable, "-c", WRITES, str(path), name, str(number)], stdout=subprocess.PIPE, text=True
    )


def test_processes_share_a_file(tmp_path):
    path = tmp_path / "replies.sqlite"
    writers = [writer(path, name, 40) for name in "abc"]
    for process in writers:
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
    cache = Cache(path)
    assert all(cache.get(f"{name} {number}") == [name, str(number)] for name in "abc" for number in range(40))


def test_what_was_written_before_a_kill_is_there_after_it(tmp_path):
    path = tmp_path / "replies.sqlite"
    process = writer(path, "a", 100_000)
    told = [process.stdout.readline() for _ in range(20)]
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate(timeout=PATIENCE)
    told += rest.splitlines()
    assert process.returncode == -signal.SIGKILL
    assert [int(line) for line in told] == list(range(len(told)))
    cache = Cache(path)
    assert all(cache.get(f"a {number}") == ["a", str(number)] for number in range(len(told)))
    cache.put({"more": ("x",)})
    assert cache.get("more") == ["x"]


def test_what_is_no_list_is_as_good_as_nothing():
    cache = Cache()
    for stored in ("{", "7", '{"a": 1}', "[" * 100_000, None, b"\xff"):
        cache._file.execute("insert or replace into replies values ('k', coalesce(?, 'null'))", (stored,))
        assert cache.get("k") is None
    assert cache.get("unknown") is None


def test_a_file_that_is_no_cache_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("my notes " * 1_000)
    with pytest.raises(UserError, match="cannot be used"):
        Cache(path)
    assert path.read_text() == "my notes " * 1_000
    with pytest.raises(UserError, match="cannot be used"):
        Cache(tmp_path / "nowhere" / "replies.sqlite")


def test_a_key_is_decided_by_all_its_parts():
    assert key_of("a", {"x": 1, "y": 2}) == key_of("a", {"y": 2, "x": 1})
    assert len({key_of("a", "b"), key_of("ab"), key_of("a", "b", ""), key_of(["a", "b"])}) == 4


def test_another_run_finds_what_one_was_answered_and_keeps_it_itself(tmp_path):
    of_all, first, second = (tmp_path / name for name in ("cache/all.sqlite", "a.sqlite", "b.sqlite"))
    Cache(first, of_all).put({"k": ("a", "b")})
    assert Cache(second, of_all).get("k") == ["a", "b"]
    assert Cache(second).get("k") == ["a", "b"]
    assert Cache(of_all_runs=of_all).get("k") == ["a", "b"]
    assert Cache(second, of_all).get("unknown") is None


@pytest.mark.parametrize("spoil", ["a folder", "no database", "no folder"])
def test_without_the_file_of_all_runs_a_runs_own_serves(tmp_path, spoil):
    of_all = tmp_path / "cache" / "all.sqlite"
    if spoil == "no folder":
        of_all.parent.write_text("")
    else:
        of_all.parent.mkdir()
        of_all.mkdir() if spoil == "a folder" else of_all.write_bytes(b"no database at all, but long enough" * 99)
    cache = Cache(tmp_path / "own.sqlite", of_all)
    cache.put({"k": ("a",)})
    assert cache.get("k") == ["a"]


def test_a_file_of_all_runs_that_breaks_later_stops_nobody(tmp_path):
    of_all = tmp_path / "all.sqlite"
    cache = Cache(tmp_path / "own.sqlite", of_all)
    of_all.write_bytes(b"no database at all, but long enough" * 400)
    cache.put({"k": ("a",)})
    assert cache.get("k") == ["a"]
    assert cache.get("unknown") is None
