"""Terms of real risk-share programmes by name: data files, with a citation and a status for every parameter."""
