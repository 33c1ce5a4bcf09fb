"""Writing a snapshot in Hedgerow's own format, whole or not at all."""

import datetime as dt
import json
import shutil
import tempfile
from pathlib import Path

import msgspec
import numpy as np

from hedgerow.core.errors import InputError
from hedgerow.market.manifest import FORMAT, MANIFEST
from hedgerow.market.pool_files import pool_to_dict
from hedgerow.market.snapshot import Snapshot

_QUOTES_FILE = "quotes.parquet"


def save_snapshot(snapshot: Snapshot, folder: str | Path) -> Path:
    """Write a snapshot in Hedgerow's own format, whole or not at all.

    Parameters
    ----------
    snapshot : Snapshot
        What to write. Quotes that the user assumed are not data and are left out.
    folder : str or Path
        A folder that does not exist yet.

    Returns
    -------
    Path
        The folder. [path]

    Raises
    ------
    InputError
        If the folder exists already, or there are no recorded quotes.
    """
    target = Path(folder)
    if len(snapshot.quotes) == len(snapshot.quotes.assumed):
        raise InputError("a snapshot without recorded quotes", "there is nothing to save")
    if target.exists():
        raise InputError(f"{target} exists already", "name a new folder; nothing is overwritten")
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        _write_quotes(snapshot, work / _QUOTES_FILE)
        for i, pool in enumerate(snapshot.storage.values()):
            (work / _pool_file(i)).write_text(json.dumps(pool_to_dict(pool), indent=1), encoding="utf-8")
        (work / MANIFEST).write_text(_manifest_text(snapshot), encoding="utf-8")
        work.chmod(0o755)
        work.rename(target)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return target


def _write_quotes(snapshot: Snapshot, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    quotes = snapshot.quotes
    data = np.array([name not in quotes.assumed for name in quotes.names], dtype=bool)
    columns = {"bid": quotes.bid, "ask": quotes.ask, "mark": quotes.mark, "underlying": quotes.forward}
    table = pa.table(
        {"instrument": pa.array([n for n, keep in zip(quotes.names, data, strict=True) if keep])}
        | {name: pa.array(values[data], from_pandas=True) for name, values in columns.items()}
        | {"ts": pa.array(quotes.at_ns[data], type=pa.timestamp("ns", tz="UTC"))}
    )
    pq.write_table(table, path)


def _manifest_text(snapshot: Snapshot) -> str:
    """Write the manifest by hand: it is small, and people read it."""
    lines = [
        f'format = "{FORMAT}"',
        f"base = {_toml_text(snapshot.base)}",
        f"as_of = {_toml_time(snapshot.as_of_ns)}",
        f"index_price = {float(snapshot.index_price)!r}  # USD per {snapshot.base}",
        f"index_at = {_toml_time(snapshot.index_at_ns)}",
        f"notes = [{', '.join(map(_toml_text, snapshot.notes))}]",
        "",
        "[quotes]",
        f'file = "{_QUOTES_FILE}"',
        'format = "hedgerow-quotes"',
    ]
    for i, name in enumerate(snapshot.storage):
        lines += ["", "[[pool]]", f"name = {_toml_text(name)}", f'file = "{_pool_file(i)}"', 'format = "hedgerow-pool"']
    for pool in snapshot.pools.values():
        if pool.name in snapshot.storage:
            continue
        lines += [
            "",
            "[[pool]]",
            f"name = {_toml_text(pool.name)}",
            f"token0 = {_toml_text(pool.token0)}",
            f"token1 = {_toml_text(pool.token1)}",
            f"decimals0 = {pool.decimals0}",
            f"decimals1 = {pool.decimals1}",
            f"fee = {float(pool.fee)!r}",
            f"tick_spacing = {pool.tick_spacing}",
            f"price = {float(pool.price)!r}",
            f"liquidity = {pool.liquidity}",
            f"known_at = {_toml_time(pool.known_at_ns)}",
            f"resolution = {_toml_text(pool.resolution)}",
        ]
    if snapshot.coins_per_unit:
        lines += ["", "[aliases]"]
        lines += [
            f"{_toml_text(name)} = {{ coin = {_toml_text(snapshot.base)}, rate = {float(rate)!r} }}"
            for name, rate in snapshot.coins_per_unit.items()
        ]
    return "\n".join(lines) + "\n"


def _pool_file(i: int) -> str:
    return f"pool-{i + 1}.json"


def _toml_text(text: str) -> str:
    """Quote a text: a JSON string is a TOML basic string."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")


def _toml_time(instant_ns: int) -> str:
    """Write an instant as a TOML time if that keeps it, else as an integer of nanoseconds."""
    if instant_ns % 1000:
        return f"{instant_ns}  # nanoseconds since 1970, UTC"
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=instant_ns // 1000)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
