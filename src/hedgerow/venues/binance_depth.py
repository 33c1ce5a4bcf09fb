"""Raw recordings of Binance's streams as rows of an order book: one snapshot, then differences and trades."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.errors import InputError
from hedgerow.venues.depth import ASK, BID, BOUGHT, SOLD

_MS_NS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthRows:
    """Rows of an order book in the venue's units.

    Parameters
    ----------
    at_ns, kind : ndarray of shape (n_row,)
        As in ``Depth``. [UTC epoch ns]
    price, quantity : ndarray of shape (n_row,)
        As recorded. [as quoted], [contracts]
    """

    at_ns: Int64[np.ndarray, " n_row"]
    kind: Int64[np.ndarray, " n_row"]
    price: Float64[np.ndarray, " n_row"]
    quantity: Float64[np.ndarray, " n_row"]


def binance_depth(lines: Iterable[bytes]) -> DepthRows:
    """Read lines of a recording, each the recorder's clock and one message.

    Rows carry the venue's own clock. What comes before the snapshot is left out, as are differences that it contains
    already. A gap in the numbers of the differences ends the recording: what follows it would be a guess.

    Parameters
    ----------
    lines : iterable of bytes
        ``local_ns json``, of combined streams ``depth@0ms`` and ``trade``, and one REST snapshot.

    Returns
    -------
    DepthRows
        In order of the venue's clock. [as its fields]

    Raises
    ------
    InputError
        If there is no snapshot.

    References
    ----------
    Binance, "How to manage a local order book correctly":
    https://developers.binance.com/docs/derivatives/coin-margined-futures/websocket-market-streams
    """
    rows: list[tuple[int, int, float, float]] = []
    pending: list[dict[str, Any]] = []
    last = -1
    for line in lines:
        message = msgspec.json.decode(line.partition(b" ")[2])
        if "lastUpdateId" in message:
            last = int(message["lastUpdateId"])
            rows = _levels(int(message["T"]), message["bids"], message["asks"])
            pending = [data for data in pending if int(data["u"]) >= last]
            for data in pending:
                rows += _changes(data)
            continue
        data = message["data"]
        if data["e"] == "trade" and last >= 0:
            kind = SOLD if data["m"] else BOUGHT
            rows.append((int(data["T"]) * _MS_NS, kind, float(data["p"]), float(data["q"])))
        elif data["e"] == "depthUpdate":
            if pending and int(data["pu"]) != int(pending[-1]["u"]):
                break
            pending.append(data)
            if last >= 0 and int(data["u"]) >= last:
                rows += _changes(data)
            if last >= 0:
                del pending[:-1]
    if last < 0:
        raise InputError("a recording without a snapshot of the book", "record one from REST beside the stream")
    rows.sort(key=lambda row: row[0])  # stable: rows of one instant stay in their order
    at, kinds, prices, quantities = zip(*rows, strict=True)
    return DepthRows(
        at_ns=np.array(at, dtype=np.int64),
        kind=np.array(kinds, dtype=np.int64),
        price=np.array(prices),
        quantity=np.array(quantities),
    )


def _changes(data: dict[str, Any]) -> list[tuple[int, int, float, float]]:
    return _levels(int(data["T"]), data["b"], data["a"])


def _levels(
    at_ms: int, bids: list[tuple[str, str]], asks: list[tuple[str, str]]
) -> list[tuple[int, int, float, float]]:
    """Lay levels out; a price that goes is laid before one that comes, so that sides do not cross in between."""
    levels = [(at_ms * _MS_NS, BID, float(price), float(size)) for price, size in bids]
    levels += [(at_ms * _MS_NS, ASK, float(price), float(size)) for price, size in asks]
    return sorted(levels, key=lambda level: level[3] > 0.0)
