"""Byte order marks: with which bytes a text file begins in each encoding that says so itself."""

from __future__ import annotations

import codecs

WIDE_MARKS = (
    # UTF-32's begins like UTF-16's, and so comes first.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""The marks of encodings with several bytes a letter, and Python's name of each."""

MARKS = ((codecs.BOM_UTF8, "utf-8"), *WIDE_MARKS)
"""All marks, and Python's name of each encoding."""
