"""The count of a worked example's printed cells, and the tables that they are read from."""

import csv
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from simengine.baseline.exact import exact, half_up

TABLES = Path(__file__).parents[1] / "tables"
DIFFERENCES = "DISCREPANCIES.csv"
#: How an entry of it is accounted for that is about words only.
NO_NUMBER = "no number"


class Row(dict):
    """A row of a table that notes which of its columns were looked at."""

    def __init__(self, values, read):
        super().__init__(values)
        self.read = read

    def __getitem__(self, column):
        self.read.add(column)
        return super().__getitem__(column)


@dataclass
class Tally:
    """Printed cells by how they are reproduced, the differences that were explained, and the columns read of each table.

    ``given``: cells that the example starts from, read back from the study or handed to the function as printed.
    """

    given: int = 0
    exact: int = 0
    explained: int = 0
    not_reproduced: int = 0
    differences: list = field(default_factory=list)
    columns: dict = field(default_factory=dict)

    @property
    def counts(self):
        return self.given, self.exact, self.explained, self.not_reproduced

    def rows(self, name):
        """The rows of a table; the columns that are looked at are noted, one set for each row."""
        with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            read = [(row, set()) for row in csv.DictReader(file)]
        self.columns.setdefault(name, []).append(read)
        return [Row(row, seen) for row, seen in read]

    def scalars(self, section):
        """A section of scalars.toml; the keys that are looked at are noted."""
        with (TABLES / "scalars.toml").open("rb") as file:
            found = tomllib.load(file)[section]
        read = set()
        self.columns.setdefault(f"scalars [{section}]", []).append([(found, read)])
        return Row(found, read)

    def start(self, printed):
        """A cell that the example starts from, as an exact number."""
        self.given += 1
        return Fraction(printed)

    def held(self, printed, value, places=0):
        """A cell that the example starts from, and that the product holds as it is printed."""
        self._same(printed, value, places)
        self.given += 1

    def cell(self, printed, computed, places=0):
        """A cell that the printed inputs give, rounded half up to the printed places."""
        self._same(printed, computed, places)
        self.exact += 1

    def with_input(self, printed, computed, places=0):
        """A cell that is reproduced by an explained input."""
        self._same(printed, computed, places)
        self.explained += 1

    def misprint(self, printed, computed, should_be, places=0):
        """A cell that no reading gives; what it should be is asserted."""
        assert Decimal(printed) != rounded(computed, places) == Decimal(should_be), (printed, computed)
        self.not_reproduced += 1

    def recomputed(self, text, computed):
        """A number of the shared tables that is not printed in the source: the product's agrees to its last digit. It is no cell."""
        half = Fraction(1, 2 * 10 ** len(text.partition(".")[2]))
        # the shared tables round some halves down (26,012.545 to 26,012.54); 1e-9 is for what a float adds to a half
        assert abs(exact(computed) - Fraction(text)) <= half + Fraction(1, 10**9), (text, computed)

    def differs(self, item, printed, computed, source=""):
        """An entry of DISCREPANCIES.csv: ``printed`` and every number of ``computed`` stand in it, as numbers."""
        (entry,) = [row for row in differences() if row["item"] == item and source in {"", row["source"]}]
        assert Decimal(printed) in numbers(entry["printed"]), (entry, printed)
        for value in [computed] if isinstance(computed, str) else computed:
            assert Decimal(value) in numbers(entry["recomputed"]), (entry, value)
        self.differences.append((entry["source"], entry["item"], "recomputed"))

    def explains(self, item, how="asserted"):
        """An entry of DISCREPANCIES.csv without a number to recompute: what follows from it is asserted, or nothing follows."""
        found = [row for row in differences() if row["item"] == item]
        assert found, item
        self.differences += [(row["source"], row["item"], how) for row in found]

    def _same(self, printed, computed, places):
        assert rounded(computed, places) == Decimal(printed), (printed, computed)


def rounded(value, places=0):
    """Half up. A float keeps nine decimals first: 25,517.5 is one of them, and binary fractions must not lose its half."""
    return half_up(exact(round(value, 9) if isinstance(value, float) else value), places)


def results(made, label):
    """The results of the steps of a working with a label, in order."""
    return [step.result for step in made.working if step.label == label]


def numbers(text):
    """The numbers in a text; commas between digits are left out, a hyphen after a digit is no minus."""
    return [Decimal(found) for found in re.findall(r"(?<!\d)-?\d+(?:\.\d+)?", re.sub(r"(?<=\d),(?=\d)", "", text))]


def differences():
    """The entries of DISCREPANCIES.csv."""
    with (TABLES / DIFFERENCES).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def unread(tally) -> Iterator[tuple[str, str]]:
    """(table, column) for every column that no reading of the table looked at, in a row that has something there."""
    for name, readings in tally.columns.items():
        for cells in zip(*readings, strict=True):
            row, seen = cells[0][0], set().union(*(read for _, read in cells))
            yield from ((name, column) for column, value in row.items() if value and column not in seen)
