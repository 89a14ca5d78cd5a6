"""What ``simrisk sensitivity`` found, written to a file: NetCDF with a group for each method, CSV or JSON of its rows."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

from simengine.cli.output import WrongInput, clean
from simengine.cli.sensitivity_rows import answer_rows
from simengine.results.whole_file import write_whole
from simengine.runs.analyses import Answer

_KINDS = (".csv", ".json")


def write_answers(path: Path, answers: Sequence[Answer]) -> None:
    """Write every measure. Raises WrongInput for a name of another kind, ResultError where the file cannot be written."""
    if path.suffix not in _KINDS:
        message = f"--out {path}: must end in {' or '.join(_KINDS)}"
        raise WrongInput(message)
    rows = [clean(row) for row in answer_rows(answers)]
    if path.suffix == ".json":
        text = json.dumps({"schema": "1", "command": "sensitivity", "indices": rows}, allow_nan=False)
    else:
        columns = list(dict.fromkeys(key for row in rows if isinstance(row, dict) for key in row))
        into = io.StringIO(newline="")
        writer = csv.DictWriter(into, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {key: json.dumps(value) if isinstance(value, list) else value for key, value in row.items()}
            for row in rows
            if isinstance(row, dict)
        )
        text = into.getvalue()
    write_whole(path, text.encode())
