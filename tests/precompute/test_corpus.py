"""A data set is read as it stands, whatever kind of file it lies in."""

import csv
import io
import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from precompute.corpora import quiet

from neurotui.precompute.corpus import documents, files
from neurotui.precompute.pipeline import PrecomputeSettings, precompute
from neurotui.store.run import Run

ROWS = [
    {"text": 'a comma, a "quote" and\na line', "title": "One", "id": "a", "topic": "sea", "style": "plain"},
    {"text": "Ünïcödé \N{UNICORN FACE}\t日本語", "title": "Two", "id": "b", "topic": "sky", "style": ""},
    {"text": " leading and trailing ", "title": "", "id": "c", "topic": "", "style": "odd"},
]
BOM = b"\xef\xbb\xbf"


def lines(rows, end="\n"):
    return end.join(json.dumps(row, ensure_ascii=False) for row in rows).encode() + end.encode()


def table(rows, delimiter, end):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def parquet(rows):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink, row_group_size=2)
    return sink.getvalue().to_pybytes()


KINDS = {
    "a.jsonl": lines(ROWS),
    "a.ndjson": lines(ROWS).rstrip(b"\n"),
    "crlf.JSONL": lines(ROWS, "\r\n"),
    "bom.jsonl": BOM + lines(ROWS),
    "gaps.jsonl": b"\n" + lines(ROWS, "\n \n"),
    "escaped.json": json.dumps(ROWS[0]).encode() + b"\n" + lines(ROWS[1:]),
    "a.csv": table(ROWS, ",", "\n"),
    "crlf.csv": table(ROWS, ",", "\r\n"),
    "bom.csv": BOM + table(ROWS, ",", "\r\n"),
    "a.tsv": table(ROWS, "\t", "\n"),
    "a.parquet": parquet(ROWS),
}


def read(folder, content, name, **settings):
    """Write a file and read it."""
    path = folder / name
    path.write_bytes(content)
    return list(documents([path], PrecomputeSettings(**settings)))


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_file_gives_the_same_texts_with_their_own_ids(tmp_path, name):
    found = read(tmp_path, KINDS[name], name)
    assert [document.body for document in found] == [row["text"] for row in ROWS]
    assert [document.source_id for document in found] == ["a", "b", "c"]
    assert all(0 < document.read <= 1 for document in found)
    assert found[-1].read > 0.99


@pytest.mark.parametrize("name", KINDS)
def test_fields_are_joined_named_and_labelled_in_every_kind_of_file(tmp_path, name):
    chosen = {"text_fields": ("title", "text"), "id_field": "title", "gold_fields": ("topic", "style")}
    found = read(tmp_path, KINDS[name], name, **chosen)
    assert [document.body for document in found] == [
        f"One\n{ROWS[0]['text']}",
        f"Two\n{ROWS[1]['text']}",
        ROWS[2]["text"],
    ]
    assert [document.source_id for document in found][:2] == ["One", "Two"]
    assert found[2].source_id.startswith(name.partition(".")[0] + ":")
    assert [document.gold for document in found] == [["sea", "plain"], ["sky"], ["odd"]]


@pytest.mark.parametrize("name", ["a.txt", "a", "a.log.old"])
def test_any_other_file_is_a_text_a_line(tmp_path, name):
    found = read(tmp_path, BOM + b"one\r\n\r\n two, \xc3\xbc\nthree", name)
    assert [document.body for document in found] == ["one", "", " two, ü", "three"]
    stem = name.rpartition(".")[0] or name
    assert [document.source_id for document in found] == [f"{stem}:{line}" for line in (1, 2, 3, 4)]


def test_labels_and_ids_can_be_numbers_and_labels_lists(tmp_path):
    rows = [
        {"text": "x", "id": 7, "gold": ["b", "a", 3]},
        {"text": "y", "id": 0, "gold": 2.5},
        {"text": "z", "id": None, "gold": None},
        {"text": "w", "id": True, "gold": []},
    ]
    found = read(tmp_path, lines(rows), "a.jsonl", gold_fields=("gold",))
    assert [document.gold for document in found] == [["b", "a", "3"], ["2.5"], [], []]
    assert [document.source_id for document in found] == ["7", "0", "a:3", "a:4"]


def test_parquet_holds_texts_in_any_type_of_text_and_labels_in_lists(tmp_path):
    made = pa.table(
        {
            "text": pa.array(["x", None, "x"], pa.large_string()).dictionary_encode(),
            "labels": pa.array([["a", "b"], [], None], pa.list_(pa.string())),
            "a.b": [1, 2, 3],
            "wide": [[0.0] * 100] * 3,
        }
    )
    pq.write_table(made, tmp_path / "a.parquet")
    settings = PrecomputeSettings(gold_fields=("labels",), id_field="a.b")
    found = list(documents([tmp_path / "a.parquet"], settings))
    assert [document[:3] for document in found] == [("1", "x", ["a", "b"]), ("2", "", []), ("3", "x", [])]


def test_a_csv_row_that_is_short_or_long_or_blank_is_no_trouble(tmp_path):
    found = read(tmp_path, b'id,text,more\n1\n\n2,"two"\n3,three,x,y,z\n4,x "y" z\n', "a.csv")
    assert [document[:2] for document in found] == [("1", ""), ("2", "two"), ("3", "three"), ("4", 'x "y" z')]


def test_files_and_globs_give_each_file_once_and_a_globs_in_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.txt", "a.txt", "c.jsonl", "deep/er/d.txt", "[odd].txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert [str(path) for path in files(["c.jsonl", "?.txt", "a.txt", "./b.txt"])] == [
        "c.jsonl",
        "a.txt",
        "b.txt",
    ]
    assert [path.name for path in files(["**/*.txt"])] == ["[odd].txt", "a.txt", "b.txt", "d.txt"]
    assert [path.name for path in files(["[odd].txt"])] == ["[odd].txt"]
    assert files([f"{tmp_path}/deep/*/d.txt"]) == [tmp_path / "deep" / "er" / "d.txt"]


def test_several_files_of_several_kinds_make_one_data_set(tmp_path):
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        (tmp_path / name).write_bytes(KINDS[name])
    found = list(documents(files([str(tmp_path / "*")]), PrecomputeSettings()))
    assert [document.source_id for document in found] == list("abcabcabc")
    shares = [document.read for document in found]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_lone_surrogates_become_replacement_characters_and_pairs_their_character(tmp_path):
    line = rb'{"text": "a\ud83d\ude00b\ud800c", "id": "\udfff", "gold": ["\udc00"]}'
    (document,) = read(tmp_path, line, "a.jsonl", gold_fields=("gold",))
    assert document[:3] == ("\ufffd", "a\N{GRINNING FACE}b\ufffdc", ["\ufffd"])


def test_hostile_texts_come_back_as_they_went_in(tmp_path, settings):
    bodies = [
        "nul\x00",
        "\x1b]52;c;aGk=\x07",
        "\u202edrawkcab",
        "[CLS] [SEP] [/] [@click=x]",
        "\ufeffbom",
        "a\u2028b",
    ]
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines([{"text": body} for body in bodies]))
    precompute([str(path)], tmp_path / "run.duckdb", settings, progress=quiet)
    with Run(tmp_path / "run.duckdb") as run:
        assert run.bodies() == bodies


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes on POSIX alone")
def test_a_file_whose_name_is_not_utf8_is_read_and_named(tmp_path, settings):
    path = tmp_path / os.fsdecode(b"caf\xe9.txt")
    path.write_text("the cat sat\n")
    precompute([str(path)], tmp_path / "run.duckdb", settings, progress=quiet)
    with Run(tmp_path / "run.duckdb") as run:
        assert run.texts().source_id == ("caf\ufffd:1",)
        assert run.meta["texts_path"].endswith("caf\ufffd.txt")


def test_a_text_of_a_hundred_thousand_characters_is_cut_at_its_tokens(tmp_path, settings):
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines([{"text": "planet " * 15_000}, {"text": "x" * 100_000}, {"text": "rain"}]))
    made = precompute([str(path)], tmp_path / "run.duckdb", settings, progress=quiet)
    assert made.texts == 3
    with Run(tmp_path / "run.duckdb") as run:
        assert 254 <= len(run.body(0)) < 254 * 8
        assert ("planet " * 254).startswith(run.body(0))
        assert len(run.body(1)) == 64 * 256
        assert run.body(2) == "rain"
