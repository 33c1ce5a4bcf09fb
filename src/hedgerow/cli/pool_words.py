"""Words of ``hedgerow pool`` into a position, terms and a query."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from hedgerow.config.pool_position import pool_position
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.ids import Currency
from hedgerow.core.toml_file import read_toml
from hedgerow.instruments import FeeCheckpoint, PoolPosition, RangePosition
from hedgerow.oneshot.pool_feed import FeedQuery
from hedgerow.oneshot.pool_report import PoolTerms
from hedgerow.pools.assets import Alias
from hedgerow.venues.chain import PoolKey
from hedgerow.venues.chain.abi import checked_address


class FeesTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The ``[fees]`` table of a position file: up to where its fees were settled.

    Parameters
    ----------
    growth_inside0_x128, growth_inside1_x128 : str
        Decimal. [smallest units per liquidity · 2^128]
    owed0, owed1 : str
        Settled but not collected, decimal. [smallest units]
    """

    growth_inside0_x128: str
    growth_inside1_x128: str
    owed0: str = "0"
    owed1: str = "0"


class PositionFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A position file: a range of ticks or a share.

    Parameters
    ----------
    name : str
        The user's name for it.
    liquidity : int, str or None
        Of a range; a string where it does not fit into 64 bits. [raw liquidity units]
    tick_lower, tick_upper : int or None
        Of a range. [ticks]
    shares : int, str or None
        Liquidity tokens held. [smallest units]
    fees : FeesTable or None
        Up to where fees were settled; None where that is not known.
    """

    name: str = "position"
    liquidity: int | str | None = None
    tick_lower: int | None = None
    tick_upper: int | None = None
    shares: int | str | None = None
    fees: FeesTable | None = None


def stated_position(options: Mapping[str, Any], pool: str) -> PoolPosition | None:
    """Read the position that options or a file state.

    Parameters
    ----------
    options : mapping
        ``position``, ``liquidity``, ``tick_lower``, ``tick_upper`` and ``shares``.
    pool : str
        Name of its pool.

    Returns
    -------
    PoolPosition or None
        None if nothing is stated. [as its fields]

    Raises
    ------
    InputError
        If a number breaks a rule, or a position is stated twice.
    ConfigError
        If the file breaks a rule.
    """
    words = {name: options[name] for name in ("liquidity", "tick_lower", "tick_upper", "shares")}
    if options["position"] is None:
        if words["liquidity"] is None and words["shares"] is None:
            return None
        return pool_position(
            "position", pool, (words["liquidity"], words["tick_lower"], words["tick_upper"]), words["shares"]
        )
    if any(value is not None for value in words.values()):
        raise InputError("--position beside a position in options", "state it once")
    file: Path = options["position"]
    found = read_toml(file, PositionFile)
    try:
        position = pool_position(found.name, pool, (found.liquidity, found.tick_lower, found.tick_upper), found.shares)
        if found.fees is None:
            return position
        if not isinstance(position, RangePosition):
            raise InputError(f"{found.name}: fees beside shares", "fees of shares accrue in the pool")
        fees = {name: int(getattr(found.fees, name)) for name in found.fees.__struct_fields__}
    except ValueError as error:
        raise ConfigError(str(file), "", str(error), "see docs/pool-feed.md") from None
    return msgspec.structs.replace(position, fees=FeeCheckpoint(**fees))


def terms_of(options: Mapping[str, Any]) -> PoolTerms:
    """Read numeraire, prices and what is asked.

    Parameters
    ----------
    options : mapping
        As the command line gives them.

    Returns
    -------
    PoolTerms
        Checked. [as its fields]

    Raises
    ------
    InputError
        If a word has another form than its option.
    """
    return PoolTerms(
        numeraire=options["numeraire"],
        prices=_numbers("--price", options["prices"]),
        entry=_numbers("--entry-price", options["entry_prices"]),
        vols=_numbers("--vol", options["vols"], bare=True),
        aliases={name: _alias(name, word) for name, word in _pairs("--alias", options["aliases"])},
        assets=tuple(options["assets"]),
        margin_coins=options["margin"],
        future_price=options["future_price"],
        trade_cost=options["trade_cost"],
        risk_aversion=options["risk_aversion"],
    )


def query_of(url: str, address: str, options: Mapping[str, Any], record: Path | None = None) -> FeedQuery:
    """Read which position of which pool to ask for.

    Parameters
    ----------
    url : str
        A node or a recording.
    address : str
        The pool or the v4 manager; empty where a token says it. [hex]
    options : mapping
        As the command line gives them.
    record : Path or None
        Where to write down what the node says.

    Returns
    -------
    FeedQuery
        Checked as far as that needs no node. [as its fields]

    Raises
    ------
    InputError
        If a token id comes without its manager, or no pool is named.
    """
    if (options["token_id"] is None) != (options["manager"] is None):
        raise InputError("--token-id and --manager belong together", "give both: the manager is the contract of tokens")
    if not address and options["token_id"] is None:
        raise InputError("no pool", "give its address, or a position by --token-id and --manager")
    by_owner = options["owner"] is not None and options["tick_lower"] is not None and options["tick_upper"] is not None
    return FeedQuery(
        url=url,
        address=checked_address(address, "a pool") if address else "",
        name=options["name"] or "",
        symbols=tuple(options["symbols"].split(",")) if options["symbols"] else (),
        key=None if options["pool_key"] is None else _key(options["pool_key"]),
        given=stated_position(options, "pool"),
        token_id=options["token_id"],
        manager=options["manager"] or "",
        owner=options["owner"] or "",
        ticks=(options["tick_lower"], options["tick_upper"]) if by_owner else None,
        salt=options["salt"],
        words=options["words"],
        max_age_s=options["max_age_s"],
        record=record,
    )


def _pairs(option: str, words: Sequence[str]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for word in words:
        name, separator, value = word.rpartition("=")
        if not separator or name in dict(pairs):
            raise InputError(f"{option} {word}", "give SYMBOL=VALUE, each symbol once")
        pairs.append((name, value))
    return pairs


def _numbers(option: str, words: Sequence[str], *, bare: bool = False) -> dict[str, float]:
    named = [word if "=" in word or not bare else f"={word}" for word in words]
    found = {}
    for name, text in _pairs(option, named):
        try:
            found[name] = float(text)
        except ValueError:
            raise InputError(f"{option} {name}={text}", "give a number") from None
        if not 0.0 < found[name] < float("inf"):
            raise InputError(f"{option} {name}={text}", "it is positive and finite")
    return found


def _alias(name: str, word: str) -> Alias:
    asset, _, rate = word.partition(":")
    try:
        return Alias(asset=Currency(asset), rate=float(rate or "1"))
    except ValueError:
        raise InputError(f"--alias {name}={word}", "give TOKEN=ASSET:RATE, for example wstETH=ETH:1.18") from None


def _key(word: str) -> PoolKey:
    parts = word.split(",")
    try:
        currency0, currency1, fee, spacing, *hooks = parts
        return PoolKey(
            currency0=checked_address(currency0, "a token"),
            currency1=checked_address(currency1, "a token"),
            fee=int(fee),
            tick_spacing=int(spacing),
            hooks=checked_address(hooks[0], "a hook") if hooks else "0x" + 40 * "0",
        )
    except ValueError:
        raise InputError(f"--pool-key {word}", "give CURRENCY0,CURRENCY1,FEE,SPACING,HOOKS") from None
