"""``simrisk terms``: the contract in words, amounts, payoff curves on the terminal and as a picture."""

import builtins
import copy
import json
from pathlib import Path
from typing import Any

import pytest

from simengine.engine.plan import prepare
from simengine.study.load import Study
from simengine.term_sheet.contract import Contract, contracts
from simengine.term_sheet.sheet import order_words, term_sheet, year_words
from tests.unit.cli.care import simrisk

pytestmark = [pytest.mark.unit, pytest.mark.plain]

CONFIG = Path(__file__).parents[3] / "configs" / "bettercaretown.toml"

EVERYTHING: dict[str, Any] = {
    "horizon": {"base": 2024, "years": 2},
    "money": {"unit": "GBP"},
    "population": {"size": 20_000},
    "drivers": {"people": {"dist": "uniform", "min": 0.0, "max": 0.02}},
    "parties": {"board": {"role": "commissioner"}, "trust": {"role": "provider"}, "reserve": {"role": "fund"}},
    "services": {"care": {"provider": "trust", "spend": 1000, "growth": {"demand": "people"}}},
    "arrangements": {
        "deal": {
            "services": ["care"],
            "baseline": "plan",
            "stretch": 0.01,
            "baseline_follows": [{"driver": "people", "cap": 0.03}],
            "sides": ["one", "two"],
            "msr_table": "mssp",
            "msr_kind": "first_pound",
            "mlr": 0.02,
            "below_msr": {"part": 0.5, "from": 5000},
            "guardrail": {"dist": "bernoulli", "p": 0.1},
            "pool_cap": {"of_baseline": 0.15},
            "carry_forward": {"years": 2},
            "fund": {"party": "reserve", "share": 0.1},
            "gain_share": {"trust": 0.5},
            "gain_bands": {"more": {"from": 0.05, "share": {"trust": 0.25}}},
            "deduction": 0.02,
            "cap": {"trust": {"of_baseline": 0.1, "of_income": 0.2, "amount": 90}},
            "collar": {"trust": {"of_baseline": 0.05}},
            "term_cap": {"trust": {"of_baseline": 0.08}},
            "quality": {
                "score": 0.9,
                "standard": "full",
                "met": 1,
                "loss": "loss_rate",
                "loss_share_max": 0.75,
                "loss_floor": 0.4,
                "loss_ceiling": 0.75,
            },
            "adjustment": {"care": 5},
            "loss_adjustment": 1,
            "order": ["carry_forward", "pool_limits", "fund", "quality", "limits", "deduction", "loss_adjustment", "term_limits"],
        }
    },
}


def contract_of(tree: dict[str, Any]) -> Contract:
    ready = prepare(Study.from_dict(copy.deepcopy(tree)))
    return contracts(ready, list(ready.study.spec.arrangements))[0]


def test_every_term_in_words() -> None:
    terms = contract_of(EVERYTHING).terms
    one, two = (year_words(terms, year) for year in range(2))
    assert one == [
        "Baseline: planned activity of the covered lines at planned prices, less a stretch of 1 %.",
        "The baseline is worked out again with people (at most 3 % above plan) as it turns out.",
        "Outturn: activity of the covered lines at the plan's prices, so prices and unit costs are not shared.",
        "Events outside control are taken off the outturn of care.",
        "A gain is shared once it reaches the rate of the size table mssp; then all of it is shared.",
        "One-sided: board bears every loss.",
        "Of a gain below the minimum savings rate 50 % is shared all the same, for lists of at least 5,000 people.",
        "Where the guardrail flag is raised no gain is paid; a loss stands.",
        "No more of a gain is shared than 15 % of the baseline.",
        "Losses that were not charged reduce later gains, for 2 years.",
        "10 % of a gain goes to reserve before the rest is shared.",
        "Of a gain, by its size as a share of the baseline:",
        "  from 0 % to 5 %: trust 50 %, board the rest (50 %).",
        "  above 5 %: trust 25 %, board the rest (75 %).",
        "The provider side's part of a gain is multiplied by its quality score (planned: 0.9).",
        "A gain is paid in full where the quality standard is met, by the score where only the alternative one is, else not at all.",
        "2 % is taken off a gain of the provider side; it stays with board.",
        "trust can gain at most the smaller of 10 % of the baseline, 20 % of its planned income of the year and GBP 90.00.",
    ]
    assert "A loss is shared once it reaches 2 % of the baseline; then all of it is shared." in two
    assert "It bears 1 less 0.75 times the score of a shared loss, between 40 % and 75 %." in two
    assert "trust can lose at most 5 % of the baseline." in two
    assert "An amount for events outside control is taken off the provider side's loss." in two


def test_order_is_that_of_the_contract() -> None:
    steps = order_words(contract_of(EVERYTHING).terms.arrangement)
    assert steps[5:7] == ["6 losses carried forward", "7 limits on the pool"]
    assert steps.index("11 cap and collar") < steps.index("12 deduction from gains")
    assert "Over the whole term trust can gain at most 8 % of the baselines of the term." in term_sheet(contract_of(EVERYTHING).terms)


def test_marks_are_where_the_curves_bend() -> None:
    made = copy.deepcopy(EVERYTHING)
    terms = {"services": ["care"], "baseline": "plan", "msr": 0.02, "msr_kind": "excess", "gain_share": {"trust": 0.5}}
    made["arrangements"]["deal"] = terms | {"cap": {"trust": {"of_baseline": 0.03}}, "collar": {"trust": {"of_baseline": 0.01}}}
    curves = contract_of(made).curves[0]
    assert curves.rates[0] == -curves.rates[-1] == -0.09
    found = {mark.letter: mark.rate for mark in curves.marks}
    step = curves.rates[1] - curves.rates[0]
    # the cap holds where half of what is beyond 2 % is more than 3 %
    assert found == {"M": 0.02, "m": -0.02, "C": pytest.approx(0.08, abs=step), "K": pytest.approx(-0.04, abs=step)}
    middle = len(curves.rates) // 2
    assert curves.rates[middle] == 0.0
    assert curves.settlement["trust"][middle] == 0.0


def test_prints_words_amounts_and_curves() -> None:
    done = simrisk("terms", CONFIG, "--year", "2016/17")
    assert done.exit_code == 0, done.stderr
    assert "A gain is shared once it reaches 2 % of the baseline; then what is beyond the rate is shared." in done.stdout
    assert "2016/17: received (+) or paid (-) at each gain rate, GBP m" in done.stdout
    assert "●" in done.stdout
    assert "M minimum savings rate at 2 %" in done.stdout


def test_json_holds_words_and_curves() -> None:
    done = simrisk("terms", CONFIG, "--json")
    result = json.loads(done.stdout)["result"]
    year = result["arrangements"][0]["years"][1]
    assert year["year"] == "2016/17"
    assert len(year["rate"]) == len(year["settlement"]["acute"]) == 401
    sums = [sum(values) for values in zip(*year["settlement"].values(), strict=True)]
    assert max(abs(total) for total in sums) < 1e-6 * year["baseline"]


def test_draws_the_same_picture_twice(tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg", "one.png"):
        done = simrisk("terms", CONFIG, "--out", tmp_path / name)
        assert done.exit_code == 0, done.stderr
    one = (tmp_path / "one.svg").read_text()
    assert one == (tmp_path / "two.svg").read_text()
    assert "minimum savings rate" in one
    assert "cap of community" in one
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")


def test_says_how_to_draw_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    done = simrisk("terms", CONFIG, "--out", tmp_path / "curve.svg")
    assert done.exit_code == 1
    assert "pip install 'simrisk[report]'" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--arrangement", "admission"], "'admission' is no arrangement of this study: admissions"),
        (["--year", "2030/31"], "'2030/31' is no year of this study"),
        (["--range", "0"], "--range"),
        (["--out", "curve.gif"], "must end in .svg, .png or .pdf"),
    ],
)
def test_refuses_what_is_not_there(options: list[str], said: str) -> None:
    done = simrisk("terms", CONFIG, *options)
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_study_without_a_contract_is_refused(tmp_path: Path) -> None:
    text = CONFIG.with_name("minimal.toml").read_text()
    start = text.index("[arrangements")
    later = text.find("\n[", text.rindex("[arrangements"))
    (tmp_path / "none.toml").write_text(text[:start] + ("" if later < 0 else text[later:]))
    done = simrisk("terms", tmp_path / "none.toml")
    assert done.exit_code == 2
    assert "has no arrangements" in done.stderr
