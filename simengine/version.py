"""The version of simrisk, in one place."""

VERSION = "0.1.0"
