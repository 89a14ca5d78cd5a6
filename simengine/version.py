"""The version of simrisk, in one place."""

VERSION = "0.2.0"
