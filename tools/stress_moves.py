"""Print the named moves that src/hedgerow/book/stresses.py holds, from recorded hourly bars and a recorded vol index.

.venv/bin/python tools/stress_moves.py BARS.parquet VOL_INDEX.parquet

BARS has the columns ts (open of the bar, UTC), asset and close; VOL_INDEX has ts and iv_dvol, the 30-day vol index of
ETH in percent. A row labelled t carries the close of t + 1 h, in both files: changes of the index correlate with the
return of the hour after their label (-0.30) and with no other.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

DAYS = ("2020-03-12", "2021-05-19", "2024-08-05")
COINS = ("BTC", "ETH")
MEASURED = ("ETH", "2024-08-05")
"""The only move that the vol index covers; it says how much a vol index moves for a jump of realised vol."""
HOUR = np.timedelta64(1, "h")
LONGEST = 24
BEFORE = 30 * 24


def closes(path: Path, coin: str) -> dict[np.datetime64, float]:
    """Return closing prices by the instant at which they were final."""
    table = pq.read_table(path, columns=["ts", "asset", "close"])
    mine = np.array(table.column("asset").to_pylist()) == coin
    known = table.column("ts").to_numpy()[mine].astype("datetime64[h]") + HOUR
    return dict(zip(known, table.column("close").to_numpy()[mine].tolist(), strict=True))


def worst(prices: dict[np.datetime64, float], day: str) -> tuple[np.datetime64, np.datetime64]:
    """Return the largest fall between closes at most 24 h apart, of which one at least lies on the day."""
    first = np.datetime64(day, "h")
    found = (0.0, first, first)
    for start in np.arange(first - LONGEST * HOUR, first + 25 * HOUR, HOUR):
        for end in np.arange(start + HOUR, start + 25 * HOUR, HOUR):
            touches = first < start <= first + 24 * HOUR or first < end <= first + 24 * HOUR
            if touches and start in prices and end in prices:
                found = min(found, (float(np.log(prices[end] / prices[start])), start, end))
    return found[1], found[2]


def realised(prices: dict[np.datetime64, float], end: np.datetime64, hours: int) -> float:
    """Return the realised vol of hourly closes over the hours that end there, without a hole among them."""
    logs = np.log([prices[end - i * HOUR] for i in range(hours + 1)])
    return float(np.sqrt(np.mean(np.diff(logs) ** 2) * 24 * 365))


def main(bars: Path, vol_index: Path) -> None:
    """Print window, spot move, realised vols and vol move of every day and coin."""
    table = pq.read_table(vol_index, columns=["ts", "iv_dvol"])
    stamps = table.column("ts").to_numpy().astype("datetime64[h]")
    index = dict(zip(stamps + HOUR, (table.column("iv_dvol").to_numpy() / 100.0).tolist(), strict=True))
    prices = {coin: closes(bars, coin) for coin in COINS}
    start, end = worst(prices[MEASURED[0]], MEASURED[1])
    highest = max(index[at] for at in np.arange(start, end + HOUR, HOUR))
    rise = highest - index[start]
    jump = realised(prices[MEASURED[0]], end, LONGEST) - realised(prices[MEASURED[0]], start, BEFORE)
    print(
        f"vol index of ETH from {start} to {end}: {index[start]:.4f}, at most {highest:.4f}; {rise / jump:.3f} per jump"
    )
    print("day         coin  from           to             spot    realised 24 h  30 d before  vol")
    for day in DAYS:
        for coin in COINS:
            start, end = worst(prices[coin], day)
            before, during = realised(prices[coin], start, BEFORE), realised(prices[coin], end, LONGEST)
            told = (coin, day) == MEASURED
            vol, label = (rise, "recorded") if told else (rise / jump * (during - before), "assumed")
            moved = prices[coin][end] / prices[coin][start]
            print(f"{day}  {coin}   {start}  {end}  {moved:.4f}  {during:.4f}  {before:.4f}  {vol:+.4f} {label}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
