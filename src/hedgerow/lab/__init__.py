"""Floor 12: policies on simulated paths: what they cost, what risk they leave, how far they are from the optimum."""

from hedgerow.lab.run import simulate

__all__ = ["simulate"]
