"""``python -m simengine``: the same program as ``simrisk``."""

from simengine.cli.main import main

main()
