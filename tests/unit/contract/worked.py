"""The worked settlements of MODEL.md section 6, as they are printed there: terms, what payment leaves, what each party settles."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Worked:
    """One worked settlement; amounts are texts, so that they are the printed decimals."""

    name: str
    outturn: str
    planned_payment: str
    variable_share: str
    shares: dict[str, str]  # of everyone but the commissioner, who is the residual party
    provider: str
    wanted: dict[str, str]
    rate: str = "0.02"
    excess: bool = True
    one_sided: bool = False
    quality: dict[str, str] = field(default_factory=dict)
    cap: dict[str, str] = field(default_factory=dict)
    baseline: str = "100"


_THREE = {"community": "0.5", "acute": "0.3"}

WORKED = [
    Worked("activity, v = 1", "90", "100", "1", _THREE, "acute", {"commissioner": "-6.4", "community": "4", "acute": "2.4"}),
    Worked("block at 100", "90", "100", "0", _THREE, "acute", {"commissioner": "1.6", "community": "4", "acute": "-5.6"}),
    Worked("blended, v = .2", "90", "100", "0.2", _THREE, "acute", {"commissioner": "0", "community": "4", "acute": "-4"}),
    Worked(
        "v = 1, quality one half for community",
        "90",
        "100",
        "1",
        _THREE,
        "acute",
        {"commissioner": "-4.4", "community": "2", "acute": "2.4"},
        quality={"community": "0.5"},
    ),
    Worked(
        "block at 95 with schemes",
        "93",
        "95",
        "0",
        {"acute": "0.5"},
        "acute",
        {"commissioner": "-1.5", "acute": "1.5"},
        rate="0",
        excess=False,
    ),
    Worked(
        "block, the provider's cap 5",
        "80",
        "100",
        "0",
        {"acute": "0.7"},
        "acute",
        {"commissioner": "13", "acute": "-13"},
        cap={"acute": "5"},
    ),
    Worked(
        "budget 100, outturn 110, one-sided",
        "110",
        "100",
        "0",
        {"holder": "1"},
        "holder",
        {"commissioner": "-8", "holder": "8"},
        one_sided=True,
    ),
]
