"""The study file: what is held, on which recorded days, hedged with what, by which policies."""

import datetime as dt
from pathlib import Path

import msgspec

from hedgerow.config.desk import LiquidityLine
from hedgerow.config.study_accounts import AccountLine, MarginTable, OptionLine, TransferLine
from hedgerow.config.study_instruments import InstrumentLine
from hedgerow.config.study_tables import (
    Data,
    FaultRates,
    HedgeRules,
    Latency,
    PolicyLine,
    RefitRules,
    ReportRules,
)
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.instants import from_datetime
from hedgerow.core.toml_file import line_of, read_text
from hedgerow.instruments import Instrument, is_inverse, parse_deribit


class Study(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole study file.

    Parameters
    ----------
    base : str
        The coin.
    numeraire : str
        ``USD`` or the coin; there is no default.
    start, end : datetime
        The days; what is known after the end is not used. [UTC]
    data : Data
        The recorded files.
    account, liquidity, option, instrument, policy, transfer : tuples
        The tables of the same names.
    rates : dict of str to float
        What a unit of each cash currency is worth. [USD per unit]
    transfer_fees : dict of str to float
        How much of a transfer does not arrive, by currency. [currency]
    hedge, latency, faults, refit, margin, report
        The tables of the same names.
    seed : int
        Of delays and faults.
    name : str
        For people.
    file : str
        Where it was read from; empty if it was made in code.
    """

    base: str
    numeraire: str
    start: dt.datetime
    end: dt.datetime
    account: tuple[AccountLine, ...]
    instrument: tuple[InstrumentLine, ...]
    policy: tuple[PolicyLine, ...]
    data: Data = Data()
    liquidity: tuple[LiquidityLine, ...] = ()
    option: tuple[OptionLine, ...] = ()
    transfer: tuple[TransferLine, ...] = ()
    transfer_fees: dict[str, float] = {}
    rates: dict[str, float] = {}
    hedge: HedgeRules = HedgeRules()
    latency: Latency = Latency()
    faults: FaultRates = FaultRates()
    refit: RefitRules = RefitRules()
    margin: MarginTable = MarginTable()
    report: ReportRules = ReportRules()
    seed: int = 0
    name: str = "study"
    file: str = ""

    @property
    def start_ns(self) -> int:
        """Begin of the study. [UTC epoch ns]"""
        return from_datetime(self.start)

    @property
    def end_ns(self) -> int:
        """End of the study. [UTC epoch ns]"""
        return from_datetime(self.end)

    def traded_by(self, policy: PolicyLine) -> InstrumentLine:
        """Return what a policy trades.

        Parameters
        ----------
        policy : PolicyLine
            Names an instrument, or none.

        Returns
        -------
        InstrumentLine
            The named one, else the first. [as its fields]
        """
        return next((line for line in self.instrument if line.name == policy.instrument), self.instrument[0])

    def account_named(self, name: str) -> AccountLine:
        """Return an account.

        Parameters
        ----------
        name : str
            One that stands in the file: an instrument or an option refers to it.

        Returns
        -------
        AccountLine
            The account of that name. [as its fields]
        """
        return next(line for line in self.account if line.name == name)

    def path(self, file: str) -> Path:
        """Find a data file.

        Parameters
        ----------
        file : str
            As the study names it.

        Returns
        -------
        Path
            Relative paths count from the study file. [path]
        """
        return Path(self.file).parent / file if self.file else Path(file)

    def error(self, field: str, problem: str, advice: str) -> ConfigError:
        """Make an error that points into the file of this study.

        Parameters
        ----------
        field : str
            Dotted path, for example ``policy[1].every_s``.
        problem, advice : str
            What is wrong and what to do. [text]

        Returns
        -------
        ConfigError
            With file and line, where there is a file. [error]
        """
        line = line_of(read_text(Path(self.file)), field) if self.file and Path(self.file).is_file() else None
        return ConfigError(self.file or "study", field, problem, advice, line)


def contract_of(study: Study, field: str, name: str) -> Instrument:
    """Read a contract's name.

    Parameters
    ----------
    study : Study
        Its coin and rates.
    field : str
        Where the name stands in the file.
    name : str
        The venue's name.

    Returns
    -------
    Instrument
        The contract. [as its fields]

    Raises
    ------
    ConfigError
        If there is no such contract, it is on another coin, or its quote currency has no rate.
    """
    try:
        contract = parse_deribit(name)
    except InputError as error:
        raise study.error(field, error.problem, error.advice) from None
    if contract.base != study.base:
        raise study.error(field, f"{name} is on {contract.base}, the study on {study.base}", "keep one study per coin")
    if not is_inverse(contract):
        need_rate(study, field, contract.quote)
    return contract


def need_rate(study: Study, field: str, currency: str) -> None:
    """Refuse a currency without a rate.

    Parameters
    ----------
    study : Study
        Its rates.
    field : str
        Where the currency is needed.
    currency : str
        Ticker.

    Raises
    ------
    ConfigError
        If its rate is not stated.
    """
    if currency not in ("USD", study.base, *study.rates):
        raise study.error(field, f"{currency} has no USD rate", f"state it: [rates] {currency} = 1.0")
