"""One line of ``hedgerow pool watch``: a position at the end of a block, and its hedge."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.core.instants import to_iso
from hedgerow.instruments import PoolPosition
from hedgerow.market import PoolStorage
from hedgerow.pools.positions import PoolGreeks
from hedgerow.report.layout import number
from hedgerow.report.pool import position_figures
from hedgerow.report.pool_hedge import AssetHedge

HEADS = (
    "block",
    "price",
    "value",
    "delta",
    "gamma/1 %",
    "fees",
    "target",
    "hedge ratio",
    "position P&L",
    "hedge P&L",
    "age s",
    "ms",
)
_WIDTHS = (10, 12, 14, 14, 13, 12, 20, 13, 14, 13, 7, 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolBlock:
    """A position at the end of a block.

    Parameters
    ----------
    pool : PoolStorage
        The pool, with its block.
    position : PoolPosition
        The position as it stood.
    greeks : PoolGreeks
        Value, delta, gamma and fees; one row.
    hedges : tuple of AssetHedge
        Targets by asset.
    reverted : tuple of int
        Numbers of blocks reported before that are no longer of the chain. [count]
    fresh : bool
        True if the state was read whole.
    age_s : float
        From the block's timestamp to the complete state. [seconds]
    latency_ms : float
        From hearing of the head to the complete state. [milliseconds]
    flow : float
        What was put into the position in this block, or taken out if negative, fees that were collected included.
        [numeraire]
    position_pnl : float
        Change of the value, fees included, since the first block, without what was put in or taken out. [numeraire]
    hedge_pnl : float
        What linear perpetuals at the targets of the blocks before would have earned since then, without costs.
        [numeraire]
    """

    pool: PoolStorage
    position: PoolPosition
    greeks: PoolGreeks
    hedges: tuple[AssetHedge, ...]
    reverted: tuple[int, ...]
    fresh: bool
    age_s: float
    latency_ms: float
    flow: float
    position_pnl: float
    hedge_pnl: float

    def to_dict(self) -> dict[str, Any]:
        """Return the block for machines: what ``--json`` prints, one object a line.

        Returns
        -------
        dict
            Plain values. [as docs/pool-json.md says]
        """
        greeks, block = self.greeks, self.pool.block
        names = [str(symbol) for symbol in greeks.symbols]

        def by_token(row: Any) -> dict[str, float]:
            return {name: float(one) for name, one in zip(names, row, strict=True)}

        return {
            "block": block.number,
            "block_hash": block.hash,
            "block_time": to_iso(block.at_ns),
            "reverted": list(self.reverted),
            "fresh": self.fresh,
            "position": position_figures(self.position, self.pool),
            "prices": by_token(greeks.prices),
            "value": float(greeks.value[0]),
            "delta": by_token(greeks.delta[0]),
            "gamma": by_token(np.diagonal(greeks.gamma[0])),
            "fees": by_token(greeks.fees[0]),
            "hedges": [
                {
                    "asset": one.asset,
                    "price": one.price,
                    "delta": one.delta,
                    "linear_target": one.linear.contracts,
                    "inverse_target": one.inverse.contracts,
                    "hedge_ratio": one.linear.hedge_ratio,
                }
                for one in self.hedges
            ],
            "flow": self.flow,
            "position_pnl": self.position_pnl,
            "hedge_pnl": self.hedge_pnl,
            "age_s": self.age_s,
            "latency_ms": self.latency_ms,
        }

    def line(self) -> str:
        """Write the block as one line.

        Returns
        -------
        str
            As wide as ``heading``; of the first hedged asset. [text]
        """
        greeks = self.greeks
        first = self.hedges[0] if self.hedges else None
        cells = (
            f"{self.pool.block.number}",
            number(first.price) if first else "",
            number(float(greeks.value[0])),
            number(first.delta) if first else "",
            number(first.gamma_per_percent) if first else "",
            number(float(greeks.fees[0] @ greeks.prices)),
            f"{number(first.linear.contracts)} {first.asset}" if first else "",
            f"{first.linear.hedge_ratio:.4f}" if first else "",
            number(self.position_pnl),
            number(self.hedge_pnl),
            f"{self.age_s:.1f}",
            f"{self.latency_ms:.1f}",
        )
        said = f"  reorganised: {len(self.reverted)} blocks gone" if self.reverted else ""
        said += "  read afresh" if self.fresh and self.reverted else ""
        said += f"  put in {number(self.flow)}" if self.flow > 0.0 else ""
        said += f"  taken out {number(-self.flow)}" if self.flow < 0.0 else ""
        return "".join(f"{cell:>{width}}" for cell, width in zip(cells, _WIDTHS, strict=True)) + said


def heading() -> str:
    """Write the heads of the lines.

    Returns
    -------
    str
        One line. [text]
    """
    return "".join(f"{head:>{width}}" for head, width in zip(HEADS, _WIDTHS, strict=True))
