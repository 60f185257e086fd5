"""The device as a machine: names, clock, management interfaces, limits."""
