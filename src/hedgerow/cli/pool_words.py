"""Words of ``hedgerow pool`` into a position, terms and a query."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from hedgerow.config.pool_position import pool_position
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.ids import Currency
from hedgerow.core.toml_file import read_toml
from hedgerow.instruments import FeeCheckpoint, PoolPosition, RangePosition
from hedgerow.oneshot.pool_feed import FeedQuery
from hedgerow.oneshot.pool_terms import PoolTerms
from hedgerow.pools.assets import Alias
from hedgerow.venues.chain import PoolKey
from hedgerow.venues.chain.abi import checked_address
from hedgerow.venues.chain.readers import WINDOW_WORDS

_STATED: Final = ("liquidity", "tick_lower", "tick_upper", "shares")
"""Options that state a position."""

_ASKED: Final = ("token_id", "manager", "owner", "salt", "pool_key", "name", "symbols", "words", "max_age_s")
"""Options that say what to ask a node for: they mean nothing to a file."""


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
    words = {name: options[name] for name in _STATED}
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


def check_file_options(address: str, options: Mapping[str, Any]) -> None:
    """Refuse what means nothing beside a file with a pool's state.

    Parameters
    ----------
    address : str
        The pool at a node; a file has one pool.
    options : mapping
        As the command line gives them.

    Raises
    ------
    InputError
        Naming every option that only a node can answer.
    """
    strange = [_flag(name) for name in _ASKED if options[name] is not None]
    if address:
        strange.insert(0, f"the address {address}")
    if strange:
        raise InputError(
            f"{', '.join(strange)} beside a file",
            "a file holds the state of one pool: leave that out, and state the position",
        )


def _check_one_position(options: Mapping[str, Any]) -> None:
    """Refuse a position that is named twice, in different ways."""
    stated = [name for name in ("position", *_STATED) if options[name] is not None]
    ways = [name for name in ("token_id", "owner") if options[name] is not None]
    if len(ways) > 1:
        raise InputError("--token-id beside --owner", "name one position")
    allowed = ("tick_lower", "tick_upper") if ways == ["owner"] else ()
    strange = [_flag(name) for name in stated if name not in allowed]
    if ways and strange:
        raise InputError(f"{_flag(ways[0])} beside {', '.join(strange)}", "name one position, in one way")


def _flag(name: str) -> str:
    return {"max_age_s": "--max-age"}.get(name, f"--{name.replace('_', '-')}")


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
        contract_sizes=_numbers("--contract-size", options["contract_sizes"], name="KIND"),
        trade_cost=options["trade_cost"],
        cost_rate=options["cost_rate"],
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
        If a token id comes without its manager, no pool is named, or a position twice.
    """
    _check_one_position(options)
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
        salt=options["salt"] or 0,
        words=options["words"] or WINDOW_WORDS,
        max_age_s=options["max_age_s"],
        record=record,
    )


def _pairs(option: str, words: Sequence[str], name_word: str = "SYMBOL") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for word in words:
        if word.count("=") > 1:
            raise InputError(f"{option} {word}", f"give one {name_word}=VALUE, and repeat {option} for others")
        name, separator, value = word.rpartition("=")
        if not separator or name in dict(pairs):
            raise InputError(f"{option} {word}", f"give {name_word}=VALUE, each {name_word.lower()} once")
        pairs.append((name, value))
    return pairs


def _numbers(option: str, words: Sequence[str], *, bare: bool = False, name: str = "SYMBOL") -> dict[str, float]:
    named = [word if "=" in word or not bare else f"={word}" for word in words]
    found = {}
    for key, text in _pairs(option, named, name):
        try:
            found[key] = float(text)
        except ValueError:
            word, again = (f"{key}={text}", "") if key else (text, f", or {name}=VALUE")
            once = f"; repeat {option} for each {name.lower()}" if "," in text else ""
            raise InputError(f"{option} {word}", f"give a number{again}{once}") from None
        if not 0.0 < found[key] < float("inf"):
            raise InputError(f"{option} {key}={text}", "it is positive and finite")
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
