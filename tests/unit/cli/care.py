"""A study that nothing else uses, three providers under one deal with two scenarios, and how the tests run commands on it."""

import inspect
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from simengine.cli.main import cli
from simengine.results.store import read_result

STUDY = """\
title = "Three providers"

[simulation]
draws = 256
seed = 3

[horizon]
base = 2024
years = 2

[money]
unit = "GBP m"

[parties.board]
role = "commissioner"

[parties.trust]
role = "provider"
label = "Hospital trust"

[parties.community]
role = "provider"

[parties.hospice]
role = "provider"
in_system = false

[drivers.pay]
dist = "normal"
mean = 0.03
sd = 0.01

[services.beds]
provider = "trust"
activity = 20_000
price = 4_000
growth = "pay"
variable_share = 0.6
plan_includes_schemes = 0.5
fixed_share = 0.5
release_years = 1
volatility = { cv_floor = 0.02 }

[services.nursing]
provider = "community"
spend = 30
growth = { dist = "pert", min = 0.01, mode = 0.02, max = 0.06 }

[services.hospice]
provider = "hospice"
spend_by_year = [4, 4.5]

[schemes.ward]
ramp = [0.4, 1]

[schemes.ward.effects.beds]
impact = { dist = "triangular", min = 0.01, mode = 0.04, max = 0.06 }

[schemes.ward.costs.staff]
approach = "budget"
amount = 0.6

[arrangements.deal]
services = ["beds", "nursing"]
baseline = "plan"
plan_includes_schemes = 0.5
msr = 0.01
msr_kind = "first_pound"
gain_share = { trust = 0.3, community = 0.2 }
collar.trust.amount = 0.5

[scenarios.high_pay.drivers]
pay = 0.05

[scenarios.slow.schemes.ward]
ramp = [0.1, 0.5]
"""

#: A list of patients that is sometimes empty: 0 people of 0, and 16 in 4,096 draws of its driver are not finite.
SOMETIMES_EMPTY = """\
title = "A list that may be empty"

[simulation]
draws = 4096

[horizon]
base = 2024
years = 2

[money]
unit = "GBP k"

[parties.payer]
role = "commissioner"

[parties.provider]
role = "provider"

[drivers.list]
dist = "discrete"
values = [0, 10_000]
weights = [0.004, 0.996]

[services.beds]
provider = "provider"
activity = "list"
price = 100
growth = { dist = "uniform", min = 0.0, max = 0.05 }

[services.beds.segments.frail]
people = "list"
rate = 0.1

[schemes.team.effects.beds]
segment = "frail"
impact = 0.2
"""


def study_file(folder: Path, text: str = STUDY, name: str = "care.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def simrisk(*arguments: object) -> Result:
    """A command in this process; standard output and standard error apart, whatever the version of click."""
    apart = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}
    return CliRunner(**apart).invoke(cli, [str(argument) for argument in arguments], prog_name="simrisk")


_READ: dict[Path, Any] = {}


def read_once(monkeypatch: Any, *modules: Any) -> None:
    """Let modules read each result file once for all tests: opening one takes a second."""

    def read(path: Path) -> Any:
        if path not in _READ:
            dataset, summary = read_result(path)
            _READ[path] = dataset.load(), summary.load()
            for one in _READ[path]:
                one.close()
        return _READ[path]

    for module in modules:
        monkeypatch.setattr(module, "read_result", read)
