"""risk_words.py: who bears volume, price and unit cost of each line, in words."""

import pytest

from simengine.cli.risk_words import risk_words
from simengine.engine.plan import prepare
from simengine.study.load import Study

pytestmark = [pytest.mark.unit, pytest.mark.plain]

STUDY = {
    "horizon": {"base": 2020, "years": 2},
    "money": {"unit": "GBP"},
    "parties": {"ccg": {"role": "commissioner"}, "acute": {"role": "provider"}},
    "services": {
        "own": {"payer": "acute", "provider": "acute", "spend": 10},
        "block": {"provider": "acute", "spend": 10, "variable_share": 0, "payment_price": "plan"},
        "again": {"provider": "acute", "spend": 20, "variable_share": 0, "payment_price": "plan"},
        "blend": {"provider": "acute", "spend": 10, "variable_share": 0.2, "fixed_share": 0.4, "release_years": 3},
        "paid": {"provider": "acute", "spend": 10},
        "banded": {"provider": "acute", "spend": 10, "marginal_bands": {"rise": {"side": "above", "from": 0, "share": 0.7}}},
    },
}


def test_every_kind_of_payment_in_words() -> None:
    said = risk_words(prepare(Study.from_dict(STUDY)))
    assert said.splitlines()[2:] == [
        "  own: acute provides what it pays for and bears all",
        "  block, again: volume is acute's (block); price is acute's (paid at the planned price); unit cost is acute's",
        "  blend: volume: ccg 20%, acute 80% (blended); price is ccg's for the volume it pays (tariff); "
        "unit cost is acute's, 40% of it fixed and released over 3 years",
        "  paid: volume is ccg's (paid by activity); price is ccg's for the volume it pays (tariff); unit cost is acute's",
        "  banded: volume: ccg pays 100% of it, and other shares in bands (above 0% of plan); "
        "price is ccg's for the volume it pays (tariff); unit cost is acute's",
    ]
