"""Sets of national assumptions that come with simrisk, one TOML file each."""
