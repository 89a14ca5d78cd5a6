"""Reading a column: what is read, and everything that is wrong with it, line by line."""

import pytest

from simengine.errors import DataError
from simengine.fitting.data import read_column, read_rows

pytestmark = pytest.mark.unit


def column(text, name=None, **options):
    return read_column(read_rows(text, "d.csv"), name, **options)


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("a,b\n1,2\n3,4\n", "b", (2.0, 4.0)),
        ("a\tb\n1\t2.5\n", "b", (2.5,)),
        ("a;b\n1;2\n", "a", (1.0,)),
        ("\ufeffa\r\n1\r\n2\r\n", None, (1.0, 2.0)),
        ('"long name, with comma", b \n -1e3 , 4\n', "long name, with comma", (-1000.0,)),
        ("a,b\n1,2\n\n3,4\n\n\n", "a", (1.0, 3.0)),
        ("a,b\n1,2,\n", "b", (2.0,)),
        ("a\n5", "a", (5.0,)),
    ],
)
def test_columns_that_can_be_read(text, name, values):
    assert column(text, name).values == values


def test_lines_are_those_of_the_file():
    found = column('text,b\n"two\nlines",1\nx,2\n\nx,3\n', "b")
    assert found.lines == (3, 4, 6)


def test_percentages_are_divided_exactly():
    assert column("a\n23.4\n7\n", unit="pct").values == (0.234, 0.07)


def test_blanks_are_left_out_when_asked():
    text = "a,b\n1,2\n1,\n1,NA\n1,nan\n1, n/a \n1,3\n"
    found = column(text, "b", skip_blank=True)
    assert (found.values, found.skipped) == ((2.0, 3.0), 4)
    with pytest.raises(DataError, match="must be a number, not text"):
        column(text + "1,x\n", "b", skip_blank=True)


def test_every_faulty_cell_is_named_with_its_line():
    text = "n,b\na,1\nb,\nc,lots\nd,NaN\ne,12%\nf,£3\ng,inf\nh,1_000\ni,2\nj\n"
    with pytest.raises(DataError) as caught:
        column(text, "b")
    assert [(problem.line, problem.value) for problem in caught.value.problems] == [
        (3, None),
        (4, "lots"),
        (5, "NaN"),
        (6, "12%"),
        (7, "£3"),
        (8, "inf"),
        (9, "1_000"),
        (11, None),
    ]
    assert str(caught.value.problems[1]) == 'd.csv:4: b: must be a number, not text (found "lots").'
    assert str(caught.value.problems[0]) == "d.csv:3: b: is empty; --skip-blank leaves such lines out."


def test_a_thousand_faults_are_counted():
    with pytest.raises(DataError) as caught:
        column("a\n" + "x\n" * 1000)
    assert len(caught.value.problems) == 51
    assert caught.value.problems[-1].rule == "and 950 more lines of this kind"


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("days,ward\n1,2\n", "day", 'd.csv: day: is not a column of the file, which has days, ward. Did you mean "days"?'),
        ("days,ward\n1,2\n", "Days", 'Did you mean "days"'),
        ("days,ward\n1,2\n", "zzz", "is not a column of the file, which has days, ward."),
        ("days,ward\n1,2\n", None, "name one of the columns: days, ward"),
        ("a,a\n1,2\n", "a", "is the name of more than one column"),
        ("1,2\n3,4\n", "1", "the first line must hold the names of the columns, not numbers"),
        ("a,b\n", "a", "there are no values below the names of the columns"),
        ("", None, "the file is empty"),
        ("\n\n", None, "the file is empty"),
        ("a,b\n1,1,234\n", "b", "d.csv:2: has 3 cells where the header has 2"),
        ('a,b\n1,"2\n', "b", "cannot be read as a table"),
        ("a\n1\n\n2\n", "a", "d.csv:3: a: is empty"),
        ("a\n1 000\n", "a", "without separators or signs of a currency"),
    ],
)
def test_tables_that_cannot_be_used(text, name, message):
    with pytest.raises(DataError) as caught:
        column(text, name)
    assert message in str(caught.value)
