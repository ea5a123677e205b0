"""Files as people have them: packed, of other programs, in other encodings, with a value there twice or not at all."""

import bz2
import gzip
import io
import json
import lzma
import shlex
import subprocess
import zipfile
from shutil import which

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from precompute.corpora import refused

from neurotui.precompute.corpus import documents, files
from neurotui.precompute.pipeline import PrecomputeSettings

BODIES = ["the judge sang", "rain fell on the sea", "a loaf was ready"]
LINES = "".join(json.dumps({"text": body}) + "\n" for body in BODIES).encode()


def read(path, **chosen):
    return list(documents(files([str(path)]), PrecomputeSettings(**chosen)))


def bodies(path, **chosen):
    return [document.body for document in read(path, **chosen)]


def gold(path, *fields):
    return [document.gold for document in read(path, gold_fields=fields or ("label",))]


def put(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal(path, **chosen):
    return refused(lambda: read(path, **chosen))


def zstd(content):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


PACKED = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd}


@pytest.mark.parametrize("packer", PACKED)
@pytest.mark.parametrize("name", ["a.jsonl.{}", "named_as_if_it_were_not.jsonl"])
def test_a_packed_file_is_read_whatever_its_name_says(tmp_path, packer, name):
    path = put(tmp_path / name.format(packer), PACKED[packer](LINES))
    assert bodies(path) == BODIES
    assert all(0 < document.read <= 1 for document in read(path))


@pytest.mark.parametrize("packer", PACKED)
def test_a_packed_file_that_is_not_whole_is_refused(tmp_path, packer):
    whole = PACKED[packer](LINES * 50)
    assert "a.jsonl" in refusal(put(tmp_path / "a.jsonl", whole[:-12]))


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("suffix", [".txt", ".csv", ".jsonl"])
def test_the_mark_at_its_beginning_says_how_a_file_is_encoded(tmp_path, codec, suffix):
    texts = ["naïve Bäckerei", "雨が降る", "🦊"]
    content = {
        ".txt": "\r\n".join(texts),
        ".csv": "text\r\n" + "\r\n".join(texts) + "\r\n",
        ".jsonl": "\n".join(json.dumps({"text": text}, ensure_ascii=False) for text in texts),
    }
    path = put(tmp_path / f"a{suffix}", content[suffix].encode(codec))
    assert bodies(path) == texts
    assert read(path)[0].source_id == ("a:2" if suffix == ".csv" else "a:1")


def test_text_with_tabs_under_the_name_of_a_field_is_a_table_whatever_it_is_called(tmp_path):
    path = put(tmp_path / "unicode.txt", "text\tlabel\r\nrain\tsea\r\n".encode("utf-16"))
    assert (bodies(path), gold(path)) == (["rain"], [["sea"]])


@pytest.mark.parametrize(
    ("codec", "text", "named"),
    [
        ("cp932", "パンを焼く匂い", "CP932"),
        ("gbk", "烤面包的香味", "GB18030"),
        ("cp1252", "Äpfel und Brötchen", "WINDOWS-1252"),
        ("cp1252", "un café à Orléans", "WINDOWS-1252"),
        ("cp949", "오늘은 날씨가 좋다", "CP949"),
        ("euc_jp", "東京は雨です", "EUC-JP"),
        ("koi8-r", "сегодня хорошая погода", "KOI8-R"),
        ("cp1251", "сегодня хорошая погода", "WINDOWS-1251"),
    ],
)
def test_a_line_in_another_encoding_is_shown_as_it_would_read(tmp_path, monkeypatch, codec, text, named):
    monkeypatch.chdir(tmp_path)
    said = refusal(put(tmp_path / "a.txt", text.encode(codec)))
    assert f"'{text}' in {named}" in said
    if which("iconv"):
        command = said.rpartition(": ")[2]
        subprocess.run(command, shell=True, check=True)  # noqa: S602 - as a person types it
        assert bodies(tmp_path / "a-utf8.txt") == [text]


def test_utf16_without_its_mark_is_refused_with_what_converts_it(tmp_path):
    assert "iconv -f UTF-16BE" in refusal(put(tmp_path / "a.txt", "some words".encode("utf-16-be")))


def workbook(member):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(member, "<x/>")
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (workbook("xl/workbook.xml"), "is an Excel workbook"),
        (workbook("word/document.xml"), "is a Word document"),
        (workbook("a.txt"), "is a ZIP archive"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"SQLite format 3\0" + bytes(50), "is an SQLite database"),
        (b"\x80\x05\x95" + bytes(50), "is a pickle, which could run code"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "git lfs pull"),
        (b"\n<!DOCTYPE html>\n<html>404</html>\n", "is a web page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<docs/>\n", "is an XML document"),
        (b"PK\x05\x06" + bytes(18), "is a ZIP archive with nothing in it"),
        (LINES + bytes(4096), "ends in zero bytes: it was not written whole"),
        (b"MZ\x90" + bytes(300) + b"\x01\x02" + bytes(100) + b"\x03", "is full of zero bytes"),
        ("some words".encode("utf-32-le"), "iconv -f UTF-32LE"),
        ("some words".encode("utf-32-be"), "iconv -f UTF-32BE"),
        ("東京は雨です".encode("iso2022_jp"), "iconv -f ISO-2022-JP"),
        (gzip.compress(gzip.compress(LINES, mtime=0), mtime=0), "is packed twice"),
    ],
)
def test_a_file_that_holds_no_lines_of_text_is_called_what_it_is(tmp_path, content, says):
    assert says in refusal(put(tmp_path / "a.txt", content))


def test_a_frame_that_unpackers_skip_may_stand_first(tmp_path):
    assert bodies(put(tmp_path / "a.jsonl.zst", b"\x50\x2a\x4d\x18\4\0\0\0abcd" + zstd(LINES))) == BODIES


def test_a_quote_that_is_never_closed_is_looked_for_once(tmp_path):
    # Where each line made one look at all before it, this took hours.
    content = 'text\tlabel\n"never\n' + "a b c\n" * 200_000
    assert "a quote that is opened there is never closed" in refusal(put(tmp_path / "a.tsv", content))


def test_blank_lines_may_stand_before_the_names_of_the_columns(tmp_path):
    found = read(put(tmp_path / "a.csv", "\n\ntext,label\na b,1\n"))
    assert [(one.body, one.source_id) for one in found] == [("a b", "a:4")]


def test_a_number_of_too_many_digits_is_called_that(tmp_path):
    said = refusal(put(tmp_path / "a.jsonl", f'{{"text": "a", "n": {"9" * 5000}}}\n'))
    assert "line 1: a number of too many digits" in said


@pytest.mark.parametrize("stream", [True, False])
def test_arrow_files_are_read_and_name_their_classes(tmp_path, stream):
    said = {"info": {"features": {"label": {"names": ["bread", "sea"], "_type": "ClassLabel"}}}}
    table = pa.table({"text": BODIES, "label": [1, 0, -1]}).replace_schema_metadata(
        {"huggingface": json.dumps(said)}
    )
    kind = pa.ipc.new_stream if stream else pa.ipc.new_file
    with kind(str(tmp_path / "a.arrow"), table.schema) as writer:
        writer.write_table(table)
    assert bodies(tmp_path / "a.arrow") == BODIES
    assert gold(tmp_path / "a.arrow") == [["sea"], ["bread"], []]


def test_numbers_of_classes_are_read_as_the_names_that_a_parquet_file_gives_them(tmp_path):
    names = {"names": ["bread", "sea"], "_type": "ClassLabel"}
    for feature, values in (
        (names, [0, 1]),
        ({"feature": names, "_type": "List"}, [[0], [1]]),
        ([names], [[0], [1]]),
    ):
        said = json.dumps({"info": {"features": {"label": feature}}})
        table = pa.table({"text": BODIES[:2], "label": values}).replace_schema_metadata({"huggingface": said})
        pq.write_table(table, tmp_path / "a.parquet")
        assert gold(tmp_path / "a.parquet") == [["bread"], ["sea"]]


CLASSES = {"names": ["World", "Sports"], "_type": "ClassLabel"}


@pytest.mark.parametrize(
    ("feature", "value", "label"),
    [
        ({"label": CLASSES}, {"label": 1}, "Sports"),
        ([{"label": CLASSES}], [{"label": 1}], "Sports"),
        ({"label": {"feature": CLASSES, "_type": "Sequence"}}, {"label": [0]}, "World"),
        ({"label": CLASSES, "feature": {"dtype": "string", "_type": "Value"}}, {"label": 0}, "World"),
    ],
)
def test_classes_inside_other_fields_have_their_names_too(tmp_path, feature, value, label):
    known = {b"huggingface": json.dumps({"info": {"features": {"text": {}, "about": feature}}}).encode()}
    table = pa.table({"text": ["a b"], "about": [value]}).replace_schema_metadata(known)
    pq.write_table(table, tmp_path / "a.parquet")
    assert gold(tmp_path / "a.parquet", "about.label") == [[label]]


def test_a_class_that_pandas_made_a_fraction_has_its_name(tmp_path):
    known = {b"huggingface": json.dumps({"info": {"features": {"label": CLASSES}}}).encode()}
    table = pa.table({"text": ["a", "b", "c"], "label": [1.0, None, 0.0]}).replace_schema_metadata(known)
    pq.write_table(table, tmp_path / "a.parquet")
    assert gold(tmp_path / "a.parquet") == [["Sports"], [], ["World"]]


def test_what_is_no_number_is_no_label_and_equal_numbers_are_one(tmp_path):
    lines = [
        f'{{"text": "a", "label": {value}}}'
        for value in ("NaN", "1", "1.0", "null", '[null, "x", 2.0]', '" x "', '"nan"')
    ]
    assert gold(put(tmp_path / "a.jsonl", "\n".join(lines))) == [[], ["1"], ["1"], [], ["x", "2"], ["x"], []]
    assert gold(put(tmp_path / "a.csv", "text,label\na,NaN\nb,1\nc,1.0\nd, sea \ne,\n")) == [
        [],
        ["1"],
        ["1"],
        ["sea"],
        [],
    ]
    pq.write_table(pa.table({"text": ["a", "b"], "label": [float("nan"), 3.0]}), tmp_path / "a.parquet")
    assert gold(tmp_path / "a.parquet") == [[], ["3"]]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", "text,text\na,b\n", "line 1: 2 columns are called 'text'"),
        ("a.tsv", "text\tlabel\ttext\na\tb\tc\n", "line 1: 2 columns are called 'text'"),
        ("a.jsonl", '{"text": "a"}\n{"text": "b", "text": ""}\n', "line 2: 2 fields are called 'text'"),
    ],
)
def test_a_field_that_is_there_twice_is_refused_by_name_and_line(tmp_path, name, content, says):
    assert says in refusal(put(tmp_path / name, content))


def test_a_field_that_nobody_asks_for_may_be_there_twice(tmp_path):
    assert bodies(put(tmp_path / "a.csv", "text,,\na,b,c\n")) == ["a"]
    assert bodies(put(tmp_path / "a.jsonl", '{"text": "a", "x": 1, "x": 2}\n')) == ["a"]


def test_quotes_in_lines_of_tabs_divide_no_rows(tmp_path):
    content = 'text\tlabel\n"the judge left\tcourt\nthe captain came\tsea\nthe baker said no"\tbread\n"Yes" she said\tx\n'
    path = put(tmp_path / "a.tsv", content)
    assert bodies(path) == ['"the judge left', "the captain came", 'the baker said no"', '"Yes" she said']
    assert gold(path) == [["court"], ["sea"], ["bread"], ["x"]]


def test_a_cell_over_several_lines_is_one_wherever_it_stands_between_tabs(tmp_path):
    content = 'id\ttext\tlabel\n1\t"two\nlines"\tx\n2\ta\t"y\nz"\n3\t"a\ttab"\tw\n'
    path = put(tmp_path / "a.tsv", content)
    assert bodies(path) == ["two\nlines", "a", "a\ttab"]
    assert gold(path) == [["x"], ["y\nz"], ["w"]]
    assert "line 2: a quote that is opened" in refusal(put(tmp_path / "b.tsv", 'text\tlabel\n"never\nclosed\tx\n'))


def test_lines_may_end_as_they_did_on_old_machines(tmp_path):
    assert bodies(put(tmp_path / "mac.txt", "\r".join(BODIES))) == BODIES
    assert bodies(put(tmp_path / "mac.csv", "text\r" + "\r".join(BODIES))) == BODIES
    # Within lines that end otherwise it is one character of many.
    assert bodies(put(tmp_path / "a.txt", "one\rtwo\nthree\n")) == ["one\rtwo", "three"]


def test_another_separator_is_told_by_the_names_of_the_columns(tmp_path):
    assert bodies(put(tmp_path / "a.csv", "id;text\n1;a, b\n2;c\n")) == ["a, b", "c"]
    assert bodies(put(tmp_path / "b.csv", "sep=;\nid;text\n1;a\n")) == ["a"]
    assert gold(put(tmp_path / "c.csv", "text, label\na, x\n")) == [["x"]]


def test_two_files_of_one_name_do_not_give_the_same_ids(tmp_path):
    for folder in ("train", "test"):
        (tmp_path / folder).mkdir()
        put(tmp_path / folder / "part-0.txt", f"a text to {folder} with\n")
    put(tmp_path / "other.txt", "x\n")
    found = documents(files([f"{tmp_path}/**/*.txt"]), PrecomputeSettings())
    assert {document.source_id for document in found} == {"train/part-0.txt:1", "test/part-0.txt:1", "other:1"}


def test_a_field_inside_of_another_is_named_with_a_dot(tmp_path):
    rows = [
        {"doc": {"content": {"text": body}}, "a.b": "whole", "tags": [{"n": "x"}, {"n": "y"}]} for body in BODIES
    ]
    put(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    for path in (tmp_path / "a.jsonl", tmp_path / "a.parquet"):
        chosen = {"text_fields": ("doc.content.text",), "gold_fields": ("tags.n", "a.b")}
        assert bodies(path, **chosen) == BODIES
        assert read(path, **chosen)[0].gold == ["x", "y", "whole"]
        assert "'doc.content.text'" in refusal(path, text_fields=("doc.content",))
        assert bodies(path, text_fields=("tags.n",))[0] == "x\ny"


@pytest.mark.parametrize(
    "whole",
    [
        [{"text": body} for body in BODIES],
        BODIES,
        {"version": "1", "data": [{"text": body} for body in BODIES]},
        {"text": BODIES, "label": ["x", "y", "z"]},
        {"text": dict(enumerate(BODIES)), "label": dict(enumerate("xyz"))},
    ],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_a_json_document_is_refused_with_the_command_that_makes_lines_of_it(tmp_path, monkeypatch, whole, indent):
    monkeypatch.chdir(tmp_path)
    path = put(tmp_path / "a.json", json.dumps(whole, indent=indent))
    command = refusal(path).rpartition("jq -c ")[2]
    assert shlex.split(command)[-1] == "a.lines.jsonl"
    lines_are_made_by(command, tmp_path)


@pytest.mark.parametrize("between", ["", "\n"])
def test_one_object_after_another_is_refused_with_the_command_that_makes_lines_of_it(
    tmp_path, monkeypatch, between
):
    monkeypatch.chdir(tmp_path)
    path = put(tmp_path / "a.json", between.join(json.dumps({"text": body}, indent=1) for body in BODIES))
    said = refusal(path)
    assert "one object after another" in said
    lines_are_made_by(said.rpartition("jq -c ")[2], tmp_path)


def lines_are_made_by(command, tmp_path):
    if which("jq"):
        subprocess.run(f"jq -c {command}", shell=True, check=True)  # noqa: S602 - as a person types it
        assert bodies(tmp_path / "a.lines.jsonl") == BODIES
