"""What is no data set is refused with its file and line and a way out."""

import json
import os
import shlex
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from precompute.corpora import refused

from neurotui.precompute.corpus import documents, files
from neurotui.precompute.pipeline import PrecomputeSettings

GOOD = b'{"text": "x"}\n'


def refusal(folder, name, content, **settings):
    """Return what reading a file is refused with: it names the file."""
    path = folder / name
    path.write_bytes(content)
    said = refused(lambda: list(documents(files([str(path)]), PrecomputeSettings(**settings))))
    assert f"'{path}'" in said
    return said


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("gone.jsonl", "there is no file"),
        ("*.jsonl", "a glob must match"),
        ("", "there is no file"),
        ("a text where a file should be " * 100, "there is no file"),
        ("nul\0", "there is no file"),
        (".", "is a folder"),
        ("empty.txt", "is empty"),
        ("*", "is a folder"),
    ],
)
def test_a_source_that_is_no_file_of_texts_is_refused(tmp_path, monkeypatch, source, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.txt").touch()
    (tmp_path / "a folder").mkdir()
    assert says in refused(files, [source])


def test_no_source_at_all_is_refused():
    assert "no texts are given" in refused(files, [])


def test_a_folder_is_refused_with_the_glob_of_its_files(tmp_path):
    assert f"name its files: '{tmp_path}/*.jsonl'" in refused(files, [str(tmp_path)])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are POSIX")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert "is a pipe" in refused(files, [str(tmp_path / "pipe.jsonl")])


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that nobody can read the start of")
def test_a_file_that_cannot_be_read_is_refused():
    assert "cannot be read" in refused(files, ["/proc/self/mem"])


def test_a_link_to_nothing_is_refused(tmp_path):
    (tmp_path / "link.txt").symlink_to(tmp_path / "gone.txt")
    for source in ("link.txt", "*.txt"):
        assert "cannot be read: No such file" in refused(files, [str(tmp_path / source)])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"words", "not JSON"),
        (b"{'text': 'x'}", "not JSON"),
        (b'{"text": "x"', "not JSON"),
        (b'{"text": "x"} {"text": "y"}', "not JSON"),
        (b'[{"text": "x"}]', "not an object | write one object a line; for a list of them: jq -c '.[]'"),
        (b'"x"', "not an object"),
        (b"null", "not an object"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"text": ' + b"[" * 100_000, "nested too deep"),
        (b'{"text": ' + b"9" * 5_000 + b"}", "a number of too many digits"),
        (b'{"body": "x", "title": "y"}', "there is no field 'text' | the fields there are: 'body', 'title'"),
        (b"{}", "the fields there are: none"),
        (b'{"text": 5}', "field 'text' is not text but a number"),
        (b'{"text": true}', "not text but true or false"),
        (b'{"text": ["x"]}', "not text but a list"),
        (b'{"text": {"x": 1}}', "not text but an object"),
        (b'{"text": "caf\xe9"}', "not UTF-8 (byte 0xe9) | it reads"),
        (b'{"text": "\xed\xa0\x80"}', "not UTF-8 (byte 0xed)"),
    ],
)
def test_a_bad_line_of_json_is_refused_with_its_number(tmp_path, line, says):
    said = refusal(tmp_path, "a.jsonl", GOOD * 2 + b"\n" + line + b"\n" + GOOD)
    assert ", line 4: " in said
    assert says in said


@pytest.mark.parametrize(
    ("whole", "shape", "hint"),
    [
        ([{"text": "x"}] * 40, "one JSON list of 40 objects", "jq -c '.[]'"),
        (["x"], "one JSON list of 1 text", '.[] | {"text":tostring}'),
        ([["x", 1], ["y", 2]], "one JSON list of 2 lists", 'as in {"text": "..."}'),
        ([1, "x"], "one JSON list of 2 values", '.[] | {"text":tostring}'),
        ({"text": "x"}, "one JSON object with the fields 'text'", "jq -c . "),
        ({"a": "x", "b": "y"}, "one JSON object with the fields 'a', 'b'", '"text":.value'),
        ({"v": 1, "data": [{"text": "x"}], "c": 1, "d": 2}, "the fields 'v', 'data', 'c', ...", "jq -c '.data[]'"),
        ({"a": {"b": 1}, "c": 2}, "one JSON object with the fields 'a', 'c'", 'as in {"text": "..."}'),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_file_of_one_json_document_is_called_so_once_with_the_way_out(tmp_path, whole, shape, hint, indent):
    if indent is None and isinstance(whole, dict):
        return  # one object on one line is one record
    said = refusal(tmp_path, "puzzles.json", json.dumps(whole, indent=indent).encode())
    assert f"{shape}, and not one object a line | " in said
    assert "line 1" not in said
    assert hint in said


def test_a_document_that_is_damaged_is_told_with_its_line(tmp_path):
    said = refusal(tmp_path, "puzzles.json", b'[\n {"text": "a"},\n {"text": }\n]\n')
    assert ", line 1: not JSON" in said


@pytest.mark.parametrize(
    ("name", "content", "written"),
    [("-it's.txt", b"caf\xe9", "-it's-utf8.txt"), ("-it's.jsonl", b"[1]", "-it's.lines.jsonl")],
)
def test_the_command_that_mends_a_file_reads_it_whatever_it_is_called(
    tmp_path, monkeypatch, name, content, written
):
    monkeypatch.chdir(tmp_path)
    command = refusal(Path(), name, content).rpartition(": ")[2]
    assert shlex.split(command)[-4:] == ["--", name, ">", written]


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        (
            {"text_fields": ("text", "body")},
            "no field 'body' | the fields there are: 'text', 'x'; choose with --text",
        ),
        (
            {"id_field": "name"},
            "there is no field 'name' | the fields there are: 'text', 'x'; choose with --id-field",
        ),
        (
            {"gold_fields": ("x", "gold")},
            "there is no field 'gold' | the fields there are: 'text', 'x'; choose with",
        ),
    ],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.tsv", "a.parquet"])
def test_a_field_that_is_not_there_is_refused_with_those_that_are(tmp_path, name, chosen, says):
    pq.write_table(pa.table({"text": ["one"], "x": ["two"]}), tmp_path / "made")
    contents = {
        "a.jsonl": b'{"text": "one", "x": "two"}\n',
        "a.csv": b"text,x\none,two\n",
        "a.tsv": b"text\tx\none\ttwo\n",
        "a.parquet": (tmp_path / "made").read_bytes(),
    }
    assert says in refusal(tmp_path, name, contents[name], **chosen)


def test_plain_text_has_one_field(tmp_path):
    assert "the fields there are: 'text'" in refusal(tmp_path, "a.txt", b"x\n", text_fields=("body",))


@pytest.mark.parametrize("gold", [{"a": 1}, [["x"]]])
def test_what_is_no_label_is_refused(tmp_path, gold):
    line = json.dumps({"text": "x", "gold": gold}).encode()
    said = refusal(tmp_path, "a.jsonl", line, gold_fields=("gold",))
    assert ", line 1: field 'gold' is not a label but" in said


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b'text\none\n"never closed\nthree\nfour\n', 3),
        (b'text\n"two\nlines"\n"a" b\n', 4),
    ],
)
def test_a_table_whose_quotes_or_line_ends_are_amiss_is_refused_where_its_row_begins(tmp_path, content, line):
    said = refusal(tmp_path, "a.csv", content)
    assert f", line {line}: " in said
    assert "quotes" in said


def test_a_table_that_is_not_utf8_is_refused_with_its_line(tmp_path):
    assert ", line 3: not UTF-8" in refusal(tmp_path, "a.csv", b"text\none\ncaf\xe9\n")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b" \n\t\n\n"),
        ("a.jsonl", b'{"text": ""}\n{"text": null}\n'),
        ("a.jsonl", b"\n\n"),
        ("a.csv", b"text,id\n"),
        ("a.csv", b"\n"),
    ],
)
def test_a_file_without_a_text_is_refused(tmp_path, name, content):
    assert "holds no text" in refusal(tmp_path, name, content)


def test_a_file_without_a_text_is_refused_among_others_that_have_some(tmp_path):
    (tmp_path / "a.txt").write_text("words")
    (tmp_path / "b.txt").write_text("\n")
    said = refused(lambda: list(documents(files([str(tmp_path / "*.txt")]), PrecomputeSettings())))
    assert "b.txt' holds no text" in said


def test_what_is_no_parquet_or_was_cut_short_is_refused(tmp_path):
    pq.write_table(pa.table({"text": ["x"] * 100}), tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    for content in (b"words", b"PAR1" + b"\0" * 100 + b"PAR1", whole[:-40], whole[40:]):
        assert "cannot be read as Parquet" in refusal(tmp_path, "a.parquet", content)


def test_a_parquet_column_of_another_type_is_refused(tmp_path):
    for column, kind in (
        (pa.array([b"\xff"]), "bytes"),
        (pa.array([["x"]]), "a list"),
        (pa.array([1]), "a number"),
    ):
        pq.write_table(pa.table({"text": column}), tmp_path / "made")
        said = refusal(tmp_path, "a.parquet", (tmp_path / "made").read_bytes())
        assert f", line 1: field 'text' is not text but {kind}" in said


def test_a_parquet_text_that_is_not_utf8_is_refused(tmp_path):
    bad = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff"))
    pq.write_table(pa.table({"text": bad}), tmp_path / "made")
    assert "cannot be read" in refusal(tmp_path, "a.parquet", (tmp_path / "made").read_bytes())


def test_a_parquet_without_rows_is_refused(tmp_path):
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "made")
    assert "holds no text" in refusal(tmp_path, "a.parquet", (tmp_path / "made").read_bytes())
