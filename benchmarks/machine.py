"""What the numbers were measured on."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.twin_reading import Terms


def machine() -> dict[str, object]:
    """Processor, cores, system and load at the start."""
    name = platform.processor()
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"processor": name, "cores": os.cpu_count(), "system": platform.platform(), "load_at_start": load}


def versions() -> dict[str, str]:
    """Versions of what takes part."""
    found = {"python": platform.python_version()}
    for package in ("simrisk", "numpy", "scipy", "numba", "llvmlite"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed as a package"
    return found


def sizes(terms: Terms) -> dict[str, int]:
    """How large a subject is."""
    yearly = sum(1 for spec in terms.drivers.values() if spec.get("path") == "independent")
    return {
        "lines": len(terms.lines),
        "years": terms.years,
        "line_years": len(terms.lines) * terms.years,
        "drivers": len(terms.drivers),
        "variates_per_draw": len(terms.drivers) + yearly * (terms.years - 1),
        "parties": len(terms.parties),
        "schemes": len(terms.schemes),
    }
