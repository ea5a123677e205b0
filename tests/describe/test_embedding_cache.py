"""What was encoded once is not encoded again, whatever the model; a cache that is of no use harms nothing."""

import json
import shutil
from importlib.resources import files

import duckdb
import numpy as np
import pytest
from synthetic import write_run

from neurotui.describe import pipeline
from neurotui.describe.pipeline import describe
from neurotui.models.embedding_cache import EmbeddingCache
from neurotui.models.encoder import CachingEncoder, MiniLM
from neurotui.types import no_progress


class Counting:
    """An encoder of two dimensions that counts the texts that it is asked for."""

    def __init__(self):
        self.asked = []

    def encode(self, texts, _):
        self.asked += texts
        return np.array([[len(text), 1] for text in texts], np.float32).reshape(-1, 2)


@pytest.fixture
def kept(tmp_path):
    return EmbeddingCache(tmp_path / "above" / "vectors", "me")


def test_texts_that_were_encoded_by_an_earlier_command_are_not_encoded_again(kept):
    texts = ["a", "bb", "a", "ccc"]
    first = CachingEncoder(Counting(), kept).encode(texts, no_progress)
    later = Counting()
    assert np.array_equal(CachingEncoder(later, kept).encode(texts, no_progress), first)
    assert later.asked == []


def test_another_encoder_and_other_company_are_encoded_anew(kept):
    """Those which go through a model with a text change its vector's last bits."""
    CachingEncoder(Counting(), kept).encode(["a", "bb"], no_progress)
    later = Counting()
    CachingEncoder(later, kept).encode(["a"], no_progress)
    CachingEncoder(later, EmbeddingCache(kept._folder, "another")).encode(["a", "bb"], no_progress)
    assert later.asked == ["a", "a", "bb"]


@pytest.mark.parametrize(
    "harm", ["empty", "damaged", "pickled", "of another shape", "a folder", "a file above it"]
)
def test_a_cache_that_is_of_no_use_is_passed_over(kept, harm):
    CachingEncoder(Counting(), kept).encode(["a", "bb"], no_progress)
    (file,) = kept._folder.iterdir()
    match harm:
        case "empty":
            file.write_bytes(b"")
        case "damaged":
            file.write_bytes(b"no array" * 1_000)
        case "pickled":
            np.save(file, np.array([print], object), allow_pickle=True)
        case "of another shape":
            np.save(file, np.ones((3, 2), np.float32))
        case "a folder":
            file.unlink()
            file.mkdir()
        case "a file above it":
            file.unlink()
            kept._folder.rmdir()
            kept._folder.write_text("")
    encoder = Counting()
    assert CachingEncoder(encoder, kept).encode(["a", "bb"], no_progress).tolist() == [[1, 1], [2, 1]]
    assert encoder.asked == ["a", "bb"]


def test_the_oldest_go_where_there_would_be_too_many(kept, monkeypatch):
    monkeypatch.setattr("neurotui.models.embedding_cache._MOST_BYTES", 300)
    for text in "abcdefg":
        CachingEncoder(Counting(), kept).encode([text], no_progress)
    later = Counting()
    for text in "gfedcba":
        CachingEncoder(later, kept).encode([text], no_progress)
    assert "g" not in later.asked
    assert "a" in later.asked


def test_describing_a_second_models_run_of_the_same_texts_asks_the_encoder_for_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "embeddings_folder", lambda: tmp_path / "vectors")
    monkeypatch.setattr(pipeline, "VOCABULARY", 300)
    lines = (files("neurotui.sample_data") / "texts.jsonl").read_text(encoding="utf-8").splitlines()
    bodies = [json.loads(line)["text"] for line in lines[::12]]
    small, large = tmp_path / "small.duckdb", tmp_path / "large.duckdb"
    # Every token is sampled, so that both have the same words.
    same = {"bodies": bodies, "keep": 4, "window": 16, "sample": sum(len(body.split()) for body in bodies)}
    write_run(small, layers=1, units=12, **same)
    write_run(large, layers=2, units=20, **same)
    shutil.copy(large, tmp_path / "alone.duckdb")
    describe(small, "keywords", namer="none", progress=no_progress)
    asked, encode = [], MiniLM.encode
    monkeypatch.setattr(
        MiniLM, "encode", lambda self, texts, progress: asked.extend(texts) or encode(self, texts, progress)
    )
    describe(large, "keywords", namer="none", progress=no_progress)
    assert asked == []
    monkeypatch.setattr(pipeline, "embeddings_folder", lambda: tmp_path / "none")
    describe(tmp_path / "alone.duckdb", "keywords", namer="none", progress=no_progress)
    assert len(asked) > len(bodies)
    for table in ("descriptors", "text_descriptors", "token_descriptors", "matches"):
        assert rows(large, table) == rows(tmp_path / "alone.duckdb", table), table


def rows(path, table):
    """Return a table's rows as they print: what is no number is equal to itself there."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return repr(connection.sql(f"FROM {table}").fetchall())
