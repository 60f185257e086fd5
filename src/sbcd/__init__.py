"""An open session border controller that is configured and watched like an AudioCodes Mediant."""

__version__ = "0.1.0"
