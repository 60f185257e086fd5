"""TLS: contexts, keys, certificates."""
