"""Statistics of the draws, each with its Monte Carlo standard error."""
