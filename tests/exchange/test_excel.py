"""Labels in Excel workbooks: taken as the sheet shows them, or refused; nothing in a workbook is ever run."""

import re
import zipfile
from xml.sax.saxutils import escape

import pytest
from synthetic import write_run

from neurotui.cli import main
from neurotui.errors import UserError
from neurotui.exchange.checked_rows import Reading
from neurotui.exchange.column_mapping import Mapping
from neurotui.exchange.import_labels import import_labels
from neurotui.exchange.recognise_format import format_in
from neurotui.store.journal import Journal
from neurotui.store.run import Run

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


class Raw(str):
    """A cell as it stands in the XML of a sheet."""

    __slots__ = ()


def cell(place, value):
    """Return a cell of a sheet's XML."""
    if isinstance(value, Raw):
        return value.replace("@", place)
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def sheet(*rows, first=1):
    lines = []
    for number, row in enumerate(rows, first):
        cells = (cell(f"{chr(65 + place)}{number}", one) for place, one in enumerate(row) if one is not None)
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    return "".join(lines)


def workbook(path, *sheets, hidden=(), before="", more=""):
    """Write a workbook of some sheets' rows in XML."""
    numbers = range(1, len(sheets) + 1)

    def state(number):
        return "hidden" if number in hidden else "visible"

    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{one}.xml" ContentType="{_KIND}.worksheet+xml"/>'
            for one in numbers
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(
            f'<sheet name="S{one}" sheetId="{one}" r:id="rId{one}" state="{state(one)}"/>' for one in numbers
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="rId{one}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{one}.xml"/>'
            for one in numbers
        )
        + "</Relationships>",
    } | {
        f"xl/worksheets/sheet{one}.xml": f'<worksheet xmlns="{_MAIN}">{before}<sheetData>{rows}</sheetData>{more}'
        "</worksheet>"
        for one, rows in zip(numbers, sheets, strict=True)
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, xml in parts.items():
            packed.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{xml}')
    return path


TITLES = ("neuron", "state", "label")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with Run(write_run(tmp_path_factory.mktemp("run") / "run.duckdb", texts=30)) as opened:
        yield opened


@pytest.fixture
def taken(run, tmp_path):
    def taken(path, **how):
        journal = Journal(tmp_path / "taken.jsonl")
        import_labels(run, journal, path, form=None, by="eva", how=Reading(**how))
        return [(str(event.neuron), event.action, event.text) for event in journal.events]

    return taken


def test_a_workbook_is_taken_like_a_table(taken, tmp_path):
    rows = sheet(
        TITLES, ("L0.0", "accepted", "rain"), (), ("L0.3", "rejected"), ("L0.4", "accepted", "'=x"), first=3
    )
    assert taken(workbook(tmp_path / "labels.xlsx", rows)) == [
        ("L0.0", "accept", "rain"),
        ("L0.3", "reject", ""),
        ("L0.4", "accept", "=x"),
    ]


def test_columns_of_other_names_are_mapped(taken, tmp_path):
    rows = sheet(("Unit", "What it is", "when"), (5, 7, Raw('<c r="@" t="d"><v>2026-11-23T16:30:00</v></c>')))
    columns = (("unit", "unit"), ("label", "what it is"), ("time", "when"))
    how = Mapping(columns, (("layer", "0"), ("annotator", "ada")))
    assert taken(workbook(tmp_path / "theirs.xlsx", rows), mapping=how) == [("L0.5", "accept", "7")]


def test_a_column_that_is_not_there_is_told_with_those_that_are(run, tmp_path, capsys):
    path = workbook(tmp_path / "theirs.xlsx", sheet(("unit", "what"), (5, "rain")))
    journal = ["--labels", str(tmp_path / "taken.jsonl")]
    given = ["import", str(run.path), str(path), "--map", "unit=unit", "--map", "label=said", *journal]
    assert main(given) == 1
    told = capsys.readouterr().err
    assert f"'{path}' has no column 'said'" in told
    assert "it has: unit, what" in told
    assert not (tmp_path / "taken.jsonl").exists()


def test_a_formula_is_what_it_was_when_the_workbook_was_saved_and_is_never_run(taken, tmp_path):
    worked_out = Raw('<c r="@" t="str"><f>CONCATENATE("ra","in")</f><v>rain</v></c>')
    never = Raw('<c r="@"><f>WEBSERVICE("http://127.0.0.1:9/")</f></c>')
    rows = sheet((*TITLES, "note"), ("L0.0", "accepted", worked_out, never))
    assert taken(workbook(tmp_path / "labels.xlsx", rows)) == [("L0.0", "accept", "rain")]


def test_of_merged_cells_the_first_has_the_value(taken, tmp_path):
    rows = sheet(TITLES, ("L0.0", "accepted", "rain"), ("L0.1", "accepted"))
    path = workbook(tmp_path / "labels.xlsx", rows, more='<mergeCells><mergeCell ref="C2:C3"/></mergeCells>')
    with pytest.raises(UserError, match=r"row 3: an accepted neuron without a label"):
        taken(path)


def test_errors_and_stray_cells_are_told_by_their_row_and_nothing_is_taken(taken, tmp_path):
    broken = Raw('<c r="@" t="e"><v>#REF!</v></c>')
    rows = sheet(
        TITLES, ("L0.0", "accepted", "rain"), ("L0.1", "accepted", broken), ("L0.2", "skipped", None, "x")
    )
    with pytest.raises(UserError, match=r"2 lines of .* do not fit") as refused:
        taken(workbook(tmp_path / "labels.xlsx", rows))
    assert "row 3: the cell below 'label' is an error, #REF!" in refused.value.details[0]
    assert "row 4: 4 cells below 3 column names" in refused.value.details[1]
    assert not (tmp_path / "taken.jsonl").exists()


def test_a_date_is_a_time_below_a_time_and_never_a_label(taken, tmp_path):
    date = Raw('<c r="@" t="d"><v>2026-05-05T00:00:00</v></c>')
    rows = sheet((*TITLES, "time"), ("L0.0", "accepted", "rain", date), ("L0.1", "accepted", date))
    with pytest.raises(UserError, match=r"row 3: 'label' is the date 2026-05-05"):
        taken(workbook(tmp_path / "labels.xlsx", rows))
    rows = sheet((*TITLES, "time"), ("L0.0", "accepted", "rain", date))
    assert taken(workbook(tmp_path / "labels.xlsx", rows)) == [("L0.0", "accept", "rain")]
    rows = sheet(("Unit", "What it is"), (5, date))
    how = Mapping((("unit", "unit"), ("label", "what it is")), (("layer", "0"), ("annotator", "ada")))
    with pytest.raises(UserError, match=r"row 2: 'label' is the date 2026-05-05"):
        taken(workbook(tmp_path / "theirs.xlsx", rows), mapping=how)


@pytest.mark.parametrize("code", ["#N/A", "#CALC!", "#FIELD!", "#BLOCKED!", "#PYTHON!"])
def test_no_error_of_a_spreadsheet_is_a_label_or_a_neuron(taken, tmp_path, code):
    broken = Raw(f'<c r="@" t="e"><v>{code}</v></c>')
    titles = ("neuron", "layer", "unit", "state", "label", "time")
    row = ["L0.1", 0, 1, "accepted", "rain", None]
    for place, name in ((0, "neuron"), (1, "layer"), (2, "unit"), (4, "label")):
        rows = sheet(titles, [broken if number == place else one for number, one in enumerate(row)])
        with pytest.raises(UserError, match=rf"row 2: the cell below '{name}' is an error, {re.escape(code)}"):
            taken(workbook(tmp_path / "labels.xlsx", rows))
    theirs = sheet(("which", "what"), ("L0.1", broken))
    with pytest.raises(UserError, match=r"the cell below .* is an error"):
        taken(
            workbook(tmp_path / "theirs.xlsx", theirs), mapping=Mapping((("neuron", "which"), ("label", "what")))
        )


def test_what_is_not_there_is_nothing_where_nothing_need_be(taken, tmp_path):
    nothing = Raw('<c r="@" t="e"><v>#N/A</v></c>')
    rows = sheet((*TITLES, "time", "note"), ("L0.1", "accepted", "rain", nothing, nothing))
    assert taken(workbook(tmp_path / "labels.xlsx", rows)) == [("L0.1", "accept", "rain")]


def test_one_cell_at_the_far_end_of_a_sheet_costs_nothing(taken, tmp_path):
    far = '<row r="1048576"><c r="B1048576" t="inlineStr"><is><t> </t></is></c></row>'
    rows = sheet(TITLES, ("L0.0", "accepted", "rain")) + far
    assert taken(workbook(tmp_path / "labels.xlsx", rows)) == [("L0.0", "accept", "rain")]


def test_a_sheet_that_states_a_wrong_size_is_read_to_its_end(taken, tmp_path):
    rows = sheet(TITLES, ("L0.0", "accepted", "rain"), ("L0.3", "accepted", "wind"))
    path = workbook(tmp_path / "labels.xlsx", rows, before='<dimension ref="A1:C2"/>')
    assert taken(path) == [("L0.0", "accept", "rain"), ("L0.3", "accept", "wind")]


def test_the_sheet_that_has_labels_is_found_and_of_two_none_is_dropped(taken, tmp_path):
    labels, other = sheet(TITLES, ("L0.0", "accepted", "rain")), sheet(("how to",), ("read this",))
    with pytest.raises(UserError, match="labels on 2 sheets, 'S1' and 'S3'"):
        taken(workbook(tmp_path / "both.xlsx", labels, other, labels))
    assert len(taken(workbook(tmp_path / "one.xlsx", other, labels, labels, hidden={3}))) == 1
    with pytest.raises(UserError, match="no row with the names of its columns"):
        taken(workbook(tmp_path / "none.xlsx", other))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 nothing",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        b"neuron,label\nL0.0,rain\n",
    ],
    ids=["empty", "torn", "old or with a password", "CSV"],
)
def test_what_is_no_workbook_is_refused(taken, tmp_path, content):
    path = tmp_path / "labels.xlsx"
    path.write_bytes(content)
    with pytest.raises(UserError, match="is no Excel workbook that can be read") as refused:
        taken(path)
    assert refused.value.hint.startswith("save the sheet as CSV")


def test_entities_that_unfold_without_end_and_packed_zeros_are_refused(taken, tmp_path, monkeypatch):
    path = workbook(tmp_path / "labels.xlsx", sheet(TITLES, ("L0.0", "accepted", "rain")))
    entities = "".join(f'<!ENTITY e{one} "{f"&e{one - 1};" * 10 if one else "ha" * 50}">' for one in range(9))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><worksheet xmlns="{_MAIN}"><sheetData>&e8;</sheetData></worksheet>'
    unfolding = tmp_path / "unfolding.xlsx"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(unfolding, "w") as packed:
        for one in whole.namelist():
            packed.writestr(one, bomb if "sheet1" in one else whole.read(one))
    with pytest.raises(UserError, match=r"is no Excel workbook|no row with the names"):
        taken(unfolding)
    monkeypatch.setattr("neurotui.exchange.excel._MOST_BYTES", 100)
    with pytest.raises(UserError, match="is too large a workbook"):
        taken(path)


def test_standard_input_may_be_a_workbook(tmp_path):
    data = workbook(tmp_path / "labels.xlsx", sheet(TITLES)).read_bytes()
    assert format_in(data).name == "excel"
    assert format_in(b"PK\x03\x04 nothing").name != "excel"


def test_labels_are_not_written_as_a_workbook(run, tmp_path, capsys):
    assert main(["export", str(run.path), "-o", str(tmp_path / "labels.xlsx")]) == 1
    assert "labels are read from excel, and not written as it" in capsys.readouterr().err
