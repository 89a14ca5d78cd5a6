"""The published test vectors of the programmes' rules, exact to the printed digits before rounding to the penny."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from simengine.settling.settle import settle
from tests.unit.settling.deals import actuals_file

pytestmark = pytest.mark.unit

VECTORS = list(csv.DictReader((Path(__file__).parent / "vectors.csv").read_text(encoding="utf-8").splitlines()))
YEARS = {"mssp.track_1": 2018, "mssp.enhanced": 2019, "mssp.basic_c": 2019, "medicare_part_d": 2010, "wpb": 2016}
NAMES = {"wpb above-threshold": "wpb"}
INPUTS = {"quality": "quality", "msr": "msr", "mlr": "msr", "participant_revenue": "revenue"}


def test_all_vectors_are_here():
    assert len(VECTORS) == 15


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['programme']}: {vector['case']}")
def test_vector(vector, tmp_path):
    given = dict(part.strip().split("=") for part in vector["inputs"].split(";"))
    name = NAMES.get(vector["programme"], vector["programme"])
    baseline = Decimal(given.pop("benchmark", None) or given.pop("target"))
    outturn = Decimal(given.pop("cost")) if "cost" in given else baseline - Decimal(given.pop("savings"))
    assert given.pop("share", "0.5") == "0.5"  # the share of both programmes that state one
    columns = {INPUTS[key]: value for key, value in given.items()}
    header = ",".join(["contract", "year", "baseline", "outturn", *columns])
    row = ",".join(["A", str(YEARS[name]), str(baseline), str(outturn), *columns.values()])
    made = settle(actuals_file(tmp_path, row, header=header), programme=name)
    assert made.errors == []
    assert made.settled[0].outcome.settlements["provider"] == Decimal(vector["expected"])
