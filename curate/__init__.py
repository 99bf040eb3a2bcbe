"""curate: raw video and image questions become chain-of-thought training data (after VideoRFT, arXiv 2505.12434)."""

__version__ = "0.1.0"
