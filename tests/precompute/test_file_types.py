"""The table of file types and the readers name the same types, and what is told of them follows from the table."""

import pytest
from precompute.corpora import refused

from neurotui.precompute.corpus import files
from neurotui.precompute.file_readers import READERS
from neurotui.precompute.file_types import FILE_TYPES, PLAIN, listed_names, type_named, type_of


def test_every_type_of_file_has_a_reader_and_no_two_share_a_suffix():
    assert set(READERS) == {one.name for one in FILE_TYPES}
    suffixes = [suffix for one in FILE_TYPES for suffix in one.suffixes]
    assert len(suffixes) == len({*suffixes})


@pytest.mark.parametrize("one", FILE_TYPES, ids=lambda one: one.name)
def test_a_type_is_known_by_its_name_and_by_its_first_bytes_and_is_told_of(one):
    assert all(type_named(suffix) is one for suffix in one.suffixes)
    assert all(type_of(beginning + b"more") is one for beginning in one.begins)
    assert one.name in listed_names()
    assert one.suffixes[0] in refused(files, [])


def test_what_no_type_claims_is_plain_text():
    assert type_of(b"Some words.") is None
    assert type_named(".md") is type_named("") is PLAIN
