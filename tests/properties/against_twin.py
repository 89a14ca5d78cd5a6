"""Random studies against the plain twin: ``python -m tests.properties.against_twin STUDY…`` prints the largest differences as JSON.

Studies are named as in ``identities``.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import simengine
from tests.properties.identities import named
from tests.unit.engine.comparison import COMPARED, differences
from tests.unit.engine.running import run_study

PROJECT = Path(__file__).resolve().parents[2]


def without_compiler(*names: str) -> dict[str, float]:
    """The largest difference of every variable over the studies, in a process of its own with the compiler off."""
    package = Path(simengine.__file__).parent.parent
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join([str(package), str(PROJECT)])}
    command = [sys.executable, "-W", "error", "-m", "tests.properties.against_twin", *names]
    done = subprocess.run(command, env=environment, cwd=package, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def main(names: list[str]) -> None:
    """The largest difference of every variable over the studies, relative to Σ|terms| of the year."""
    worst = dict.fromkeys(COMPARED, 0.0)
    for name in names:
        tree, seed = named(name)
        for variable, (found, _) in differences(run_study(tree, draws=4, seed=seed), tree).items():
            worst[variable] = found if not found <= worst[variable] else worst[variable]
    json.dump(worst, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
