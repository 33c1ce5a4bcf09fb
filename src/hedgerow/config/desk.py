"""The desk file: what is held, what may be traded, what is assumed, what shall be neutral.

Every key is described in ``docs/desk-file.md``.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

from hedgerow.book import RiskSettings
from hedgerow.config.contract_terms import ContractTerms, contract_faults
from hedgerow.config.hedge_terms import OPEN_GREEKS, AccountTerms, Mode, ScenarioTerms, account_faults, scenario_faults
from hedgerow.config.pool_position import pool_position
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.toml_file import LARGEST, line_of, numbers_in, read_text, read_toml
from hedgerow.instruments import PoolPosition, parse_deribit
from hedgerow.pricing.models import SVCJ, Bates, Heston, LogNormalSV, Merton

_AVERSIONS = (1e-15, 1e9)

Target: TypeAlias = float | tuple[float, float]
"""An exact value, or a band [lower, upper]. [desk unit of the Greek]"""


class PositionLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A ``[[position]]`` table: a quantity of one contract.

    Parameters
    ----------
    instrument : str
        The venue's name.
    quantity : float
        Signed, long > 0. [contracts]
    entry_price : float or None
        Average entry of a future or perpetual. [quote per base]
    account : str or None
        The ``[[account]]`` that carries it.
    """

    instrument: str
    quantity: float
    entry_price: float | None = None
    account: str | None = None


class LiquidityLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A ``[[liquidity]]`` table: a range of ticks, or a share of a pool.

    Parameters
    ----------
    name : str
        The user's name for it.
    pool : str
        The snapshot's name of the pool.
    liquidity : int, str or None
        Of a range, as in the contract; a string where it does not fit into 64 bits. [raw liquidity units]
    tick_lower, tick_upper : int or None
        The range. [ticks]
    shares : int, str or None
        Of a pool whose positions are shares: liquidity tokens held. [smallest units]
    fees_base, fees_quote : float
        Uncollected fees. [base], [quote token]
    """

    name: str
    pool: str
    liquidity: int | str | None = None
    tick_lower: int | None = None
    tick_upper: int | None = None
    shares: int | str | None = None
    fees_base: float = 0.0
    fees_quote: float = 0.0

    def held(self) -> PoolPosition:
        """Return what is held.

        Returns
        -------
        RangePosition or PoolShare
            As the contract keeps it. [as its fields]

        Raises
        ------
        InputError
            If it states neither or both, or a number breaks a rule of the contract.
        """
        if self.fees_base < 0.0 or self.fees_quote < 0.0:
            raise InputError(f"{self.name}: negative fees", "uncollected fees are what the pool owes you")
        range_fields = (self.liquidity, self.tick_lower, self.tick_upper)
        return pool_position(self.name, self.pool, range_fields, self.shares)


class MinimumVarianceTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The ``[hedge.minimum_variance]`` table: a fitted response of vols to the forward.

    Parameters
    ----------
    a, b, c : float
        d sigma_K/d ln F = (a + b·delta + c·delta²)/sqrt(T), as ``fit_minimum_variance`` gives them.
        [vol·sqrt(years)]
    """

    a: float
    b: float
    c: float


class SabrTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The ``[hedge.sabr]`` table: SABR is fitted to every expiry of the market.

    Parameters
    ----------
    beta : float
        How the vol depends on the level of the forward: 1 for log-normal, 0 for normal. [pure]
    """

    beta: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.beta <= 1.0:
            raise InputError(f"beta = {self.beta!r} in [hedge.sabr]", "give a number from 0 to 1")


class HedgeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The ``[hedge]`` table.

    Parameters
    ----------
    instruments : tuple of str
        What may be traded.
    risk_aversion : float
        Weight of half the variance of P&L against cost. [per unit of the desk file's numeraire]
    neutral : dict of str to Target
        Greeks to hold, exactly or in a band. [desk units in the desk file's numeraire]
    limits : dict of str to float
        Largest absolute trade by instrument. [contracts]
    delta_convention : str
        Whose delta a delta target holds neutral: the name of a ``DeltaConvention``.
    minimum_variance : MinimumVarianceTerms or None
        Needed by minimum_variance_fitted.
    model : Heston, Bates, Merton, SVCJ, LogNormalSV or None
        Needed by model and minimum_variance_model.
    sabr : SabrTerms or None
        Adds bartlett to the ticket whichever convention is held.
    position_limits : dict of str to float
        Largest absolute position afterwards by instrument. [contracts]
    hold_open : tuple of str
        Greeks whose risk is kept on purpose: delta, gamma, vega.
    scenarios : ScenarioTerms or None
        Risk by full revaluation, beside the variance.
    holding_hours : float or None
        For how long positions are expected to be held: funding, interest and capital are charged over it. None is the
        horizon of the risk. [hours]
    cost_of_capital : float
        What initial margin would earn elsewhere. [fraction per year]
    liquidation_cost : float or None
        What a liquidation loses; charged, with its probability, for futures in accounts with a margin rule. None
        charges nothing. [fraction of the notional]
    """

    instruments: tuple[str, ...]
    risk_aversion: float
    neutral: dict[str, Target] = {}
    limits: dict[str, float] = {}
    delta_convention: str = "sticky_strike"
    minimum_variance: MinimumVarianceTerms | None = None
    model: Heston | Bates | Merton | SVCJ | LogNormalSV | None = None
    sabr: SabrTerms | None = None
    position_limits: dict[str, float] = {}
    hold_open: tuple[str, ...] = ()
    scenarios: ScenarioTerms | None = None
    holding_hours: float | None = None
    cost_of_capital: float = 0.0
    liquidation_cost: float | None = None


class Desk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole desk file.

    Parameters
    ----------
    base : str
        The coin of the book.
    numeraire : str
        ``USD`` or the coin; there is no default.
    hedge : HedgeSettings
        What may be traded and what shall be neutral.
    risk : RiskSettings
        The factor model.
    name : str
        For people.
    balances : dict of str to float
        Coins and cash, collateral included. [currency]
    rates : dict of str to float
        What a unit of each cash currency is worth. [USD per unit]
    position, liquidity, contract, account : tuples
        The tables of the same names.
    file : str
        Where it was read from; empty if it was made in code.
    """

    base: str
    numeraire: str
    hedge: HedgeSettings
    risk: RiskSettings
    name: str = "desk"
    balances: dict[str, float] = {}
    rates: dict[str, float] = {}
    position: tuple[PositionLine, ...] = ()
    liquidity: tuple[LiquidityLine, ...] = ()
    contract: tuple[ContractTerms, ...] = ()
    account: tuple[AccountTerms, ...] = ()
    file: str = ""

    def error(self, field: str, problem: str, advice: str) -> ConfigError:
        """Make an error that points into the file of this desk.

        Parameters
        ----------
        field : str
            Dotted path, for example ``position[2].quantity``.
        problem, advice : str
            What is wrong and what to do. [text]

        Returns
        -------
        ConfigError
            With file and line, where there is a file. [error]
        """
        line = line_of(read_text(Path(self.file)), field) if self.file and Path(self.file).is_file() else None
        return ConfigError(self.file or "desk", field, problem, advice, line)


def load_desk(path: str | Path) -> Desk:
    """Read a desk file.

    Parameters
    ----------
    path : str or Path
        The TOML file.

    Returns
    -------
    Desk
        Its content, checked as far as it can be without a market. [as its fields]

    Raises
    ------
    ConfigError
        If the file is missing or breaks a rule; names file, line, field and remedy.

    Examples
    --------
    >>> import hedgerow as hr
    >>> desk = hr.load_desk(hr.example("eth-2024-01-08") / "desk.toml")
    >>> desk.numeraire, len(desk.position)
    ('USD', 8)
    """
    desk = read_toml(Path(path), Desk)
    if desk.file:
        raise ConfigError(str(path), "file", "unknown key", "remove it", line_of(read_text(Path(path)), "file"))
    desk = msgspec.structs.replace(desk, file=str(path))
    for field, value in numbers_in(msgspec.to_builtins(desk)):
        if not abs(value) <= LARGEST:
            raise desk.error(field, f"is {value:g}", f"give a finite number, of at most {LARGEST:g}")
    _check_values(desk)
    return desk


def _check_values(desk: Desk) -> None:
    """Apply the rules that need no market."""
    if desk.numeraire not in ("USD", desk.base):
        raise desk.error("numeraire", f"is {desk.numeraire!r}", f"state USD or {desk.base}")
    if not desk.name.isprintable():
        raise desk.error("name", "holds control characters", "use printable text")
    if not _AVERSIONS[0] <= desk.hedge.risk_aversion <= _AVERSIONS[1]:
        raise desk.error(
            "hedge.risk_aversion",
            f"is {desk.hedge.risk_aversion:g}",
            f"it weighs variance against cost: positive, per {desk.numeraire}, from 1e-15 to 1e9",
        )
    for currency, rate in desk.rates.items():
        if not rate > 0.0:
            raise desk.error(f"rates.{currency}", f"is {rate:g}", "a rate is positive, in USD per unit")
    for key in ("limits", "position_limits"):
        for name, limit in getattr(desk.hedge, key).items():
            if name not in desk.hedge.instruments:
                raise desk.error(f"hedge.{key}.{name}", "is not a hedging instrument", "add it to hedge.instruments")
            if not limit >= 0.0:
                raise desk.error(f"hedge.{key}.{name}", f"is {limit:g}", "a limit is not negative, in contracts")
    _check_holding(desk)
    _check_risk(desk)
    _check_accounts(desk)
    _check_contracts(desk)
    _refuse_twins(desk, "hedge.instruments", desk.hedge.instruments)
    _refuse_twins(desk, "contract", [line.instrument for line in desk.contract])


def _check_contracts(desk: Desk) -> None:
    for i, line in enumerate(desk.contract):
        for field, problem, advice in contract_faults(line):
            raise desk.error(f"contract[{i}]{field}", problem, advice)


def _check_holding(desk: Desk) -> None:
    """Apply the rules of what is charged over time."""
    hours, rate = desk.hedge.holding_hours, desk.hedge.cost_of_capital
    if hours is not None and not 0.0 < hours <= 24.0 * 366.0:
        raise desk.error("hedge.holding_hours", f"is {hours:g}", "give hours, above 0, up to a year")
    if not 0.0 <= rate <= 10.0:
        raise desk.error("hedge.cost_of_capital", f"is {rate:g}", "a rate is a fraction per year: write 0.08 for 8 %")
    lost = desk.hedge.liquidation_cost
    if lost is not None and not 0.0 <= lost <= 1.0:
        raise desk.error(
            "hedge.liquidation_cost", f"is {lost:g}", "give a fraction of the notional: write 0.02 for 2 %"
        )


def _check_risk(desk: Desk) -> None:
    """Apply the rules of what counts as risk."""
    for i, name in enumerate(desk.hedge.hold_open):
        if name not in OPEN_GREEKS:
            raise desk.error(f"hedge.hold_open[{i}]", f"is {name!r}", f"use {', '.join(OPEN_GREEKS)}")
    if desk.hedge.scenarios is not None:
        if desk.hedge.hold_open:
            found = "stands beside [hedge.scenarios], whose full revaluation knows no Greek to leave out"
            raise desk.error("hedge.hold_open", found, "remove one of the two")
        for field, problem, advice in scenario_faults(desk.hedge.scenarios):
            raise desk.error(f"hedge.scenarios{field}", problem, advice)


def _check_accounts(desk: Desk) -> None:
    """Apply the rules of accounts: each instrument and position belongs to one at most."""
    names = [account.name for account in desk.account]
    _refuse_twins(desk, "account", names)
    seen: dict[str, str] = {}
    for i, account in enumerate(desk.account):
        for field, problem, advice in account_faults(account):
            raise desk.error(f"account[{i}]{field}", problem, advice)
        for j, name in enumerate(account.instruments):
            if name not in desk.hedge.instruments:
                found = f"{name} is not a hedging instrument"
                raise desk.error(f"account[{i}].instruments[{j}]", found, "add it to hedge.instruments")
            if name in seen:
                found = f"{name} is traded in {seen[name]} already"
                raise desk.error(f"account[{i}].instruments[{j}]", found, "name it in one account")
            seen[name] = account.name
    for i, line in enumerate(desk.position):
        if line.account is not None and line.account not in names:
            raise desk.error(f"position[{i}].account", f"is {line.account!r}", "add an [[account]] of that name")
    _check_homes(desk, seen)
    _check_isolated(desk)
    _check_haircuts(desk)


def _check_homes(desk: Desk, traded: dict[str, str]) -> None:
    """Refuse a position in a hedging instrument that another account trades, or none: it would count twice, or not."""
    for i, line in enumerate(desk.position):
        if line.account is None or line.instrument not in desk.hedge.instruments:
            continue
        if line.instrument not in traded:
            found = f"is {line.account!r}, which does not list {line.instrument}, a hedging instrument"
            raise desk.error(f"position[{i}].account", found, "list it in the account's instruments")
        if traded[line.instrument] != line.account:
            found = f"is {line.account!r}, but {line.instrument} is traded in {traded[line.instrument]}"
            raise desk.error(f"position[{i}].account", found, "name one account in both places")


def _check_isolated(desk: Desk) -> None:
    """Refuse a second contract in an isolated account: its margin is for one position alone."""
    for i, account in enumerate(desk.account):
        if account.mode is not Mode.ISOLATED:
            continue
        carried = {line.instrument for line in desk.position if line.account == account.name}
        found = sorted(carried | set(account.instruments))
        if len(found) > 1:
            text = f"is isolated, but the account carries {' and '.join(found[:2])}"
            raise desk.error(f"account[{i}].mode", text, "give each contract an account of its own")


def _check_haircuts(desk: Desk) -> None:
    """Refuse a haircut on a currency that the account neither starts with nor can be paid in: it would do nothing."""
    for i, account in enumerate(desk.account):
        carried = {line.instrument for line in desk.position if line.account == account.name}
        known = {*account.balances, desk.base, desk.numeraire, "USD"}
        for name in carried | set(account.instruments):
            with contextlib.suppress(InputError):  # What is no contract's name is refused elsewhere, with its place.
                known.add(parse_deribit(name).settle)
        for currency in account.haircuts:
            if currency not in known:
                found = f"names a currency that {account.name} does not hold"
                raise desk.error(f"account[{i}].haircuts.{currency}", found, f"use {', '.join(sorted(known))}")


def _refuse_twins(desk: Desk, field: str, names: Sequence[str]) -> None:
    for i, name in enumerate(names):
        if name in names[:i]:
            raise desk.error(f"{field}[{i}]", f"names {name} twice", "keep one of them")
