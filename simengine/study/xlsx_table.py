"""The cells of one sheet of an XLSX file as text. Values only: a formula counts as what it last gave."""

import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MOST_BYTES = 512 * 2**20
"""Unpacked size of a part of the file that is still read."""

Rows = list[tuple[int, tuple[str, ...]]]


def read_sheet(content: bytes, sheet: str | None) -> Rows | str:
    """The rows of a sheet (default the first) with their numbers, every cell as text; what is wrong, in words, when it cannot be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            part = _part_of(book, sheet)
            if part is None:
                return f"has no sheet {sheet}: its sheets are {', '.join(name for name, _ in _sheets(book))}"
            return list(_rows(ElementTree.fromstring(_read(book, part)), _shared_texts(book)))
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, ValueError, IndexError):
        return "is not an XLSX file that can be read"


def _read(book: zipfile.ZipFile, part: str) -> bytes:
    if book.getinfo(part).file_size > _MOST_BYTES:
        raise ValueError(part)
    return book.read(part)


def _sheets(book: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Name and relation of every sheet, in the order of the tabs."""
    root = ElementTree.fromstring(_read(book, "xl/workbook.xml"))
    return [(item.attrib["name"], item.attrib[f"{_RELATIONS}id"]) for item in root.iter(f"{_MAIN}sheet")]


def _part_of(book: zipfile.ZipFile, sheet: str | None) -> str | None:
    found = [relation for name, relation in _sheets(book) if sheet is None or name == sheet]
    if not found:
        return None
    relations = ElementTree.fromstring(_read(book, "xl/_rels/workbook.xml.rels"))
    target = next(item.attrib["Target"] for item in relations if item.attrib.get("Id") == found[0])
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _shared_texts(book: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    root = ElementTree.fromstring(_read(book, "xl/sharedStrings.xml"))
    return [_text_in(item) for item in root.findall(f"{_MAIN}si")]


def _text_in(item: ElementTree.Element) -> str:
    """Plain and rich text of a string item, without the reading aids of phonetic runs."""
    parts = [item.find(f"{_MAIN}t"), *(run.find(f"{_MAIN}t") for run in item.findall(f"{_MAIN}r"))]
    return "".join(part.text or "" for part in parts if part is not None)


def _rows(root: ElementTree.Element, texts: list[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    number = 0
    for row in root.iter(f"{_MAIN}row"):
        number = int(row.attrib.get("r", number + 1))
        cells: list[str] = []
        for cell in row.findall(f"{_MAIN}c"):
            place = _column(cell.attrib["r"]) if "r" in cell.attrib else len(cells)
            cells.extend([""] * (place + 1 - len(cells)))
            cells[place] = _cell(cell, texts)
        while cells and not cells[-1]:
            cells.pop()
        yield number, tuple(cells)


def _column(reference: str) -> int:
    """The place of a cell in its row, from 0: A1 is 0, AA7 is 26."""
    place = 0
    for letter in re.sub(r"[^A-Z]", "", reference):
        place = place * 26 + ord(letter) - ord("A") + 1
    if not 0 < place <= 2**14:
        raise ValueError(reference)
    return place - 1


def _cell(cell: ElementTree.Element, texts: list[str]) -> str:
    kind = cell.attrib.get("t", "n")
    if kind == "inlineStr":
        inside = cell.find(f"{_MAIN}is")
        return "" if inside is None else _text_in(inside)
    value = cell.find(f"{_MAIN}v")
    text = "" if value is None else value.text or ""
    if kind == "s":
        return texts[int(text)] if text else ""
    return {"1": "true", "0": "false"}.get(text, text) if kind == "b" else text
