"""What the numbers were measured on."""

import contextlib
import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

#: Flags of a processor that tell its vectors, the widest first.
VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2", "sse2": "SSE2"}


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


def machine_class() -> dict[str, object]:
    """What kind of machine it is, without its name: architecture, maker, widest vectors, cores."""
    makers = {"GenuineIntel": "Intel", "AuthenticAMD": "AMD"}
    text = ""
    with contextlib.suppress(OSError):
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    maker = re.search(r"^vendor_id\s*:\s*(\w+)", text, re.MULTILINE)
    flags = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    have = set(flags[1].split()) if flags else set()
    vectors = next((name for flag, name in VECTORS.items() if flag in have), "not known")
    name = makers.get(maker[1], maker[1]) if maker else "not known"
    return {"architecture": platform.machine(), "maker": name, "vectors": vectors, "cores": os.cpu_count()}
