"""What ``hedgerow replay`` shows."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from hedgerow.core.errors import ConfigError
from hedgerow.core.instants import to_iso
from hedgerow.journal import Replay

_SHOWN = 10


def journals_in(folder: Path) -> list[Path]:
    """Find the journals that a folder is or holds.

    Parameters
    ----------
    folder : Path
        A journal, or a folder of journals as ``hedgerow backtest --journal`` leaves it.

    Returns
    -------
    list of Path
        At least one. [path]

    Raises
    ------
    ConfigError
        If there is none.
    """
    if any(folder.glob("*.journal")):
        return [folder]
    found = sorted({path.parent for path in folder.glob("*/*.journal")})
    if not found:
        raise ConfigError(str(folder), "", "no journal is here", "name a folder that --journal has written")
    return found


def show_replays(replays: Sequence[Replay], *, as_json: bool) -> None:
    """Print replays on standard output.

    Parameters
    ----------
    replays : sequence of Replay
        One for each journal.
    as_json : bool
        True for one JSON object, False for text.
    """
    if as_json:
        print(json.dumps({"journals": [_plain(item) for item in replays]}, indent=2, allow_nan=False))
        return
    print("\n\n".join(_text(item) for item in replays))


def verify_replays(replays: Sequence[Replay]) -> None:
    """Refuse what does not come out again.

    Parameters
    ----------
    replays : sequence of Replay
        One for each journal.

    Raises
    ------
    ConfigError
        At the first difference.
    """
    for item in replays:
        if item.divergence is not None:
            advice = "it was changed, or the engine is not deterministic: report it"
            if not (item.same_build and item.same_cpu):
                advice = "it was written by another build or processor: replay it there"
            raise ConfigError(str(item.folder), f"record {item.divergence.record}", "the decisions differ", advice)


def _plain(item: Replay) -> dict[str, Any]:
    torn, divergence = item.torn, item.divergence
    return {
        "journal": str(item.folder),
        "events": item.events,
        "decisions": item.decisions,
        "trades": len(item.trades),
        "identical": divergence is None,
        "divergence": None if divergence is None else _divergence(item),
        "torn": None if torn is None else {"lost_bytes": torn.lost_bytes, "good_records": torn.good_records},
        "build": item.header.build,
        "config_sha256": item.header.config_sha256,
        "cpu": item.header.cpu,
        "same_build": item.same_build,
        "same_cpu": item.same_cpu,
    }


def _divergence(item: Replay) -> dict[str, Any]:
    found = item.divergence
    assert found is not None
    recorded, replayed = (
        None if decision is None else _finite(msgspec.to_builtins(decision))
        for decision in (found.recorded, found.replayed)
    )
    return {"record": found.record, "recorded": recorded, "replayed": replayed}


def _finite(node: Any) -> Any:
    """Write infinities as words, which JSON has no numbers for."""
    if isinstance(node, dict):
        return {key: _finite(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_finite(value) for value in node]
    return str(node) if isinstance(node, float) and not math.isfinite(node) else node


def _text(item: Replay) -> str:
    lines = [f"{item.folder}", f"  {item.events:,} events, {item.decisions:,} decisions, {len(item.trades):,} to trade"]
    if item.torn is not None:
        lost = f"{item.torn.lost_bytes:,} bytes after record {item.torn.good_records:,}"
        lines.append(f"  torn tail: {lost} were not written whole; they are left out")
    for name, same in (("build", item.same_build), ("processor", item.same_cpu)):
        lines += [] if same else [f"  another {name} wrote it; bytes may differ in the last digits"]
    if item.divergence is None:
        lines.append("  every decision came out again, byte for byte")
    else:
        lines += [f"  first difference at record {item.divergence.record:,}:", *_both(item)]
    for decision in item.trades[-_SHOWN:]:
        number = len(decision.commands)
        sent = f"{number} {'command' if number == 1 else 'commands'}"
        lines.append(f"  {to_iso(decision.known_ns)}  to {decision.target_lots:+,d} lots, {sent}: {decision.reason}")
    if len(item.trades) > _SHOWN:
        lines.insert(-_SHOWN, f"  the last {_SHOWN} of them:")
    return "\n".join(lines)


def _both(item: Replay) -> list[str]:
    found = item.divergence
    assert found is not None
    return [f"    recorded {found.recorded}", f"    replayed {found.replayed}"]
