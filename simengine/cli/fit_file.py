"""The table of a file that ``simrisk fit`` is given: CSV, TSV, or a sheet of an XLSX workbook."""

from pathlib import Path
from typing import TYPE_CHECKING

from simengine.cli.output import WrongInput

if TYPE_CHECKING:
    from simengine.fitting.data import Rows

_BOOKS = (".xlsx", ".xlsm")
_OTHER_BOOKS = (".xls", ".xlsb", ".ods")


def rows_of_file(path: Path, sheet: str | None) -> "Rows":
    """Header and rows of a file; of a workbook those of ``sheet``, or of its first one.

    Raises
    ------
    WrongInput
        When the file, or the sheet, cannot be read.
    DataError
        With everything that is wrong with its rows.
    """
    from simengine.fitting.data import read_rows, table_of

    suffix = path.suffix.lower()
    if suffix in _OTHER_BOOKS:
        message = f"{path}: {suffix[1:].upper()} files cannot be read: save the sheet as XLSX or CSV"
        raise WrongInput(message)
    if suffix not in _BOOKS:
        if sheet is not None:
            message = f"{path}: has no sheets: --sheet is for an XLSX file"
            raise WrongInput(message)
        return read_rows(_text_of(path), str(path))
    from simengine.study.xlsx_table import read_sheet

    found = read_sheet(_bytes_of(path), sheet)
    if isinstance(found, str):
        message = f"{path}: {found}"
        raise WrongInput(message)
    return table_of(found, str(path))


def _bytes_of(path: Path) -> bytes:
    """The content of a file, or why there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        message = f"{path}: there is no such file"
    except IsADirectoryError:
        message = f"{path}: is a folder, not a file of data"
    except OSError as problem:
        message = f"{path}: cannot be read: {(problem.strerror or str(problem)).lower()}"
    raise WrongInput(message)


def _text_of(path: Path) -> str:
    """The text of a file, or why there is none."""
    content = _bytes_of(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = f"{path}: is not text in UTF-8: save it as CSV UTF-8"
    raise WrongInput(message)
