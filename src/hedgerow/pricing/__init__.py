"""Floor 4: what an option is worth, its Greeks, and the vol that a price implies."""

from hedgerow.pricing.black76 import Greeks, VolFault, black76, implied_vol
from hedgerow.pricing.marks import MarkVols, mark_vols

__all__ = ["Greeks", "MarkVols", "VolFault", "black76", "implied_vol", "mark_vols"]
