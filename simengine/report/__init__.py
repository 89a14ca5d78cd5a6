"""Pictures and reports of studies and results, for people who do not run them."""
