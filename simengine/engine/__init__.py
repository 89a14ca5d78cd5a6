"""The engine: joins the layers below it into one compiled pass and runs it; no files, no printing."""
