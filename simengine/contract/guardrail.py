"""Guardrail: where the benchmark was raised to protect an organisation, no gain against it is paid (programmes.toml, acpt_guardrail)."""

import math

from simengine.jit import kernel


@kernel
def pool_under_guardrail(pool: float, flag: float) -> float:
    """Nothing of a gain where the flag is raised (above 0); a loss stands."""
    if math.isnan(pool) or math.isnan(flag):
        return pool + flag
    if flag > 0 and pool > 0:
        return pool - pool
    return pool
