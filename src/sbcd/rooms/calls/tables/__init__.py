"""The tables of the calls; `words` are their enumerations."""
