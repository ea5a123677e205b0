"""What a URL names is fetched once, whole or not at all, and again when it has changed."""

import os
import subprocess
import sys

import pytest
from object_storage import lines, refusing_server
from precompute.corpora import quiet, refused

from neurotui.store.fetch_cache import cache_folder, origin_of
from neurotui.store.fetched_files import fetched_file, fetched_files, fetched_folder, local_file
from neurotui.store.url_refusals import refuse_secret
from neurotui.store.urls import is_url, without_query


def names(paths):
    return [path.name for path in paths]


@pytest.mark.parametrize("name", ["run.duckdb", "a/b://c", "C:\\run.duckdb", "s3:/b/k", "://x", "-", ""])
def test_a_path_is_no_url(name):
    assert not is_url(name)


@pytest.mark.parametrize("name", ["s3://b/k", "gs://b/k", "file:///a", "abfss://c@a/k", "S3://b/k"])
def test_a_url_is_one_whatever_its_sort(name):
    assert is_url(name)


def test_what_is_only_about_how_to_reach_a_url_is_left_out():
    assert without_query("s3://b/a.jsonl?endpoint_override=here") == "s3://b/a.jsonl"
    assert without_query("who?.jsonl") == "who?.jsonl"


def test_a_file_is_read_as_it_is_packed_or_not_and_says_where_it_is_from(storage):
    url = storage.put("in here/texts.jsonl.gz", b"\x1f\x8b no gzip at all")
    path = local_file(url, quiet)
    assert path.read_bytes() == b"\x1f\x8b no gzip at all"
    assert path.parts[-2:] == ("in here", "texts.jsonl.gz")
    assert origin_of(path) == url


def test_a_file_is_fetched_once_until_it_changes(storage):
    told = []
    url = storage.put("a.jsonl", lines("one"))
    first = fetched_file(url, lambda *said: told.append(said))
    assert told == [("fetching (kB)", 1, 1)]
    assert fetched_file(url, lambda *said: told.append(said)) == first
    assert len(told) == 1
    storage.put("a.jsonl", lines("two, and longer"))
    second = fetched_file(url)
    assert second.read_bytes() == lines("two, and longer")
    assert first.read_bytes() == lines("one")


def test_a_file_of_the_same_size_that_was_written_later_is_fetched_again(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = tmp_path / "a.txt"
    file.write_text("one")
    fetched_file(f"file://{file}")
    file.write_text("two")
    os.utime(file, (1, 1))
    assert fetched_file(f"file://{file}").read_text() == "two"


def test_a_glob_names_its_files_in_order_as_it_does_on_a_disk(storage):
    for name in ("b.txt", "a.txt", "c.jsonl", "deep/er/d.txt", "[odd].txt"):
        storage.put(name, b"x")
    # Programs leave such files, and a glob passes over them.
    for name in (".a.txt", "deep/.er/d.txt", "deep/er/.txt"):
        storage.put(name, b"x")
    globs = {"*.txt": "[odd].txt a.txt b.txt", "[ab].txt": "a.txt b.txt", "d*/*/d.txt": "d.txt"}
    globs |= {"**/*.txt": "[odd].txt a.txt b.txt d.txt", "[odd].txt": "[odd].txt", "deep/**": "d.txt"}
    globs |= {".*.txt": ".a.txt", "deep/.e*/*": "d.txt"}
    for glob, expected in globs.items():
        url = storage.url(glob)
        assert " ".join(names(fetched_files([url])[url])) == expected
    assert fetched_file(storage.url("a.txt")) == fetched_files([storage.url("*.txt")])[storage.url("*.txt")][1]
    assert "matches 3 files" in refused(fetched_file, storage.url("*.txt"))


def test_of_a_folder_what_is_wanted_is_fetched_together(storage):
    for name in ("a.json", "b.json", "notes.txt", "deeper/c.json"):
        storage.put(f"shards/{name}", name.encode())
    url = storage.url("shards")
    folder = fetched_folder(url, lambda name: name.endswith(".json"))
    assert sorted(names(folder.iterdir())) == ["a.json", "b.json"]
    assert origin_of(folder) == url
    (folder / "a.json").unlink()
    assert fetched_folder(url, lambda name: name.endswith(".json")) == folder
    assert (folder / "a.json").read_bytes() == b"a.json"
    storage.put("shards/b.json", b"another")
    later = fetched_folder(url, lambda name: name.endswith(".json"))
    assert (later / "b.json").read_bytes() == b"another"
    assert (folder / "b.json").read_bytes() == b"b.json"
    assert later.samefile(folder) is False
    assert (later / "a.json").samefile(folder / "a.json")
    assert "there is no folder" in refused(fetched_folder, storage.url("none"), bool)


def test_nothing_is_left_of_a_file_that_changes_while_it_is_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("neurotui.store.fetched_files._CHUNK", 1 << 20)
    file = tmp_path / "a.txt"
    file.write_bytes(b"x" * (8 << 20))

    def shorten(*_):
        os.truncate(file, 2 << 20)

    assert "changed while" in refused(fetched_file, f"file://{file}", shorten)
    assert [path.name for path in cache_folder().rglob("*") if path.is_file()] == ["url"]


def test_what_nobody_has_read_for_a_month_makes_room(storage):
    old, read, new = (storage.put(name, b"x") for name in ("old.txt", "read.txt", "new.txt"))
    fetched_files([old, read])
    for file in cache_folder().glob("*/url"):
        os.utime(file, (1, 1))
    paths = [fetched_file(url) for url in (read, new)]
    assert sorted(path.name for path in cache_folder().rglob("*.txt")) == ["new.txt", "read.txt"]
    assert all(path.exists() for path in paths)


def test_what_is_not_there_is_named_with_the_way_out(storage):
    storage.put("texts/a.jsonl", b"x")
    for name in ("none.jsonl", "texts/*.csv", "none/*.jsonl"):
        assert refused(fetched_file, storage.url(name)).startswith(f"there is no file '{storage.url(name)}'")


def test_files_of_a_folder_are_named_by_what_is_in_it_and_reached_as_the_folder_is(storage):
    for name in ("runs/a.duckdb", "texts/a.jsonl", "texts/b.jsonl", "texts/notes.txt"):
        storage.put(name, b"x")
    for folder, name in (("runs", "runs/a.duckdb"), ("texts", "texts/*.jsonl")):
        assert refused(fetched_file, storage.url(folder)).endswith(f"'{storage.url(name)}'")
    assert "in folders" in refused(fetched_file, storage.url(""))


@pytest.mark.parametrize("name", ["a#1.txt", "a b.txt", "née 🦄.txt"])
def test_a_name_is_read_to_its_end_whatever_signs_it_has(storage, name):
    storage.put("a", b"another")
    assert fetched_file(storage.put(name, b"x")).name == name


def test_a_file_of_a_glob_or_a_folder_is_known_by_a_url_that_reads_it(storage):
    urls = [storage.put(f"d#1/{name}", name.encode()) for name in ("a.txt", "b c.txt", "d#2.txt")]
    found = fetched_files([storage.url("*/*.txt")])[storage.url("*/*.txt")]
    assert [origin_of(path) for path in found] == urls
    for name in ("e/5% of [it].txt", "e/why?.txt"):
        storage.put(name, b"odd")
    (odd,) = fetched_files([storage.url("e/*")]).values()
    assert names(odd) == ["5% of [it].txt", "why?.txt"]
    assert [fetched_file(origin_of(path)) for path in odd] == odd
    for file in cache_folder().glob("*/url"):
        file.unlink()
    folder = fetched_folder(storage.url("d#1"), lambda name: name == "a.txt")
    assert origin_of(folder) == storage.url("d#1")
    assert {note.read_text() for note in cache_folder().glob("*/url")} == {urls[0], storage.url("d#1")}
    assert origin_of(fetched_file(urls[0])) == urls[0]
    assert origin_of(folder) == storage.url("d#1")


def test_what_is_fetched_is_for_its_owner_alone(storage):
    fetched_file(storage.put("deep/a.txt", b"x"))
    made = [cache_folder(), *(path for path in cache_folder().rglob("*") if path.is_dir())]
    assert len(made) > 2
    assert {path.stat().st_mode & 0o777 for path in made} == {0o700}


def test_a_disk_that_knows_no_second_name_of_a_file_has_a_copy(storage, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    storage.put("shards/a.json", b"a")
    folder = fetched_folder(storage.url("shards"), bool)
    assert (folder / "a.json").read_bytes() == b"a"
    assert fetched_folder(storage.url("shards"), bool) == folder


def test_where_a_file_is_from_is_never_half_written(storage, monkeypatch):
    url = storage.put("a.txt", b"x")
    path = fetched_file(url)

    def fail(self, *_, **__):
        self.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", fail)
    fetched_files([storage.url("*.txt")])
    (cache_folder() / path.relative_to(cache_folder()).parts[0] / "url").write_bytes(b"another")
    fetched_file(url)
    assert origin_of(path) == "another"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://example.org/a.jsonl", "unrecognized filesystem"),
        ("file://elsewhere/a.jsonl", "hostname"),
        ("s3://user:hidden@bucket/a.jsonl", "a password"),
        ("s3://user:hid/den@bucket/a.jsonl", "a password"),
        ("s3://user:hidd?en@bucket/a.jsonl", "a password"),
        ("abfs://:hidden@account.dfs.core.windows.net/a", "a password in it is not taken | log in with: az login"),
        ("abfs://c@a.dfs.core.windows.net/a?client_id=x&client_secret=hidden", "the option 'client_secret'"),
        ("abfss://c@a.dfs.core.windows.net/a?sv=2&sig=hidden", "the option 'sig'"),
        ("https://b.s3.amazonaws.com/a?X-Amz-Signature=hidden", "the option 'X-Amz-Signature'"),
        ("s3://bucket/a.jsonl?nonsense=1", "'nonsense'"),
    ],
)
def test_a_url_that_cannot_be_read_is_refused_with_the_way_out(url, said):
    told = refused(fetched_file, url)
    assert said in told
    assert "hidden" not in told


@pytest.mark.parametrize(
    "url",
    [
        "hdfs://host:8020/a@b",
        "hdfs://me@host:8020/a:b@c",
        "file:///C:/a@b",
        "gs://anonymous@bucket/a:b@c?project_id=1",
    ],
)
def test_a_port_or_a_user_is_no_secret(url):
    refuse_secret(url)


def test_who_may_not_read_is_told_which_credentials_are_asked_for(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "anybody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with refusing_server(403) as query:
        told = refused(fetched_file, f"s3://bucket/a.jsonl{query}")
    assert "may not be read with the credentials there are" in told
    assert "AWS_ACCESS_KEY_ID" in told


@pytest.mark.parametrize("bucket", ["s3://bucket", "gs://anonymous@bucket"])
def test_a_server_that_cannot_be_reached_is_given_up_soon(bucket):
    url = f"{bucket}/a.jsonl?endpoint_override=127.0.0.1:1&scheme=http"
    code = f"from neurotui.store.fetched_files import fetched_file; fetched_file({url!r})"
    # Left to itself, Google's client tries for a quarter of an hour.
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert f"UserError: '{url}': its server cannot be reached" in done.stderr


def test_without_pyarrow_a_url_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.fs", None)
    assert "'pyarrow' is not installed | pip install 'neurotui[models]'" in refused(local_file, "s3://b/k")
    assert "hidden" not in refused(local_file, "s3://user:hidden@b/k")


def test_a_cache_that_cannot_be_made_is_named_with_another(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "export XDG_CACHE_HOME=" in refused(fetched_file, f"file://{tmp_path}/a.txt")
