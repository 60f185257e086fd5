"""The network: interfaces and what lies below and around them."""
