"""Rules of a study file about accounts, options in them and what policies start with; none needs data."""

from typing import Final

from hedgerow.config.hedge_terms import RULES
from hedgerow.config.study import Study, need_rate
from hedgerow.config.study_accounts import AccountLine, OptionLine, TransferLine
from hedgerow.config.study_instruments import ExchangeLine
from hedgerow.config.study_tables import PolicyLine
from hedgerow.core.toml_words import nearest, written_key

RICHEST: Final = 1e12
"""No account holds more of anything: cents would be lost beyond. [any currency]"""

_MOST: Final = 1e9
_LEAST_SHARE: Final = 1e-4


def check_accounts(study: Study) -> None:
    """Refuse accounts, options and policies' starts that cannot be.

    Parameters
    ----------
    study : Study
        The whole file.

    Raises
    ------
    ConfigError
        Naming file, line, field and remedy.
    """
    names = [line.name for line in study.account]
    for i, account in enumerate(study.account):
        if not account.name or not account.name.isprintable():
            raise study.error(f"account[{i}].name", f"is {account.name!r}", "give it a printable name")
        if account.name in names[:i]:
            raise study.error(f"account[{i}].name", f"names {account.name} twice", "keep one of them")
        _check_balances(study, f"account[{i}].balances", account.balances)
        _check_margin(study, f"account[{i}]", account)
    if study.margin.rules_at is not None and study.margin.rules_at.tzinfo is None:
        raise study.error("margin.rules_at", "has no time zone", "write it with Z, as 2024-01-01T00:00:00Z")
    for i, option in enumerate(study.option):
        _check_option(study, f"option[{i}]", option)
    for currency, fee in study.transfer_fees.items():
        _check_amount(study, f"transfer_fees.{currency}", fee)
        if fee < 0.0:
            raise study.error(f"transfer_fees.{currency}", f"is {fee:g}", "give what does not arrive, zero or more")
        need_rate(study, f"transfer_fees.{currency}", currency)
    for i, transfer in enumerate(study.transfer):
        _check_transfer(study, f"transfer[{i}]", transfer)


def _check_balances(study: Study, where: str, balances: dict[str, float]) -> None:
    for currency, amount in balances.items():
        _check_amount(study, f"{where}.{currency}", amount)
        if amount < 0.0:
            raise study.error(f"{where}.{currency}", f"is {amount:g}", "a balance is not negative")
        need_rate(study, f"{where}.{currency}", currency)


def _check_amount(study: Study, field: str, amount: float) -> None:
    if not abs(amount) <= RICHEST:
        raise study.error(field, f"is {amount:g}", f"give at most {RICHEST:g}: cents would be lost beyond")


def _check_margin(study: Study, where: str, account: AccountLine) -> None:
    if account.rule and account.rule not in RULES:
        own = [name for name in RULES if name.startswith(f"{account.rule}_")]
        meant = f"; did you mean {' or '.join(own)}?" if own else nearest(account.rule, list(RULES))
        advice = f"there is {', '.join(RULES)}{meant}"
        raise study.error(f"{where}.rule", f"no margin rule is called {account.rule!r}", advice)
    if account.rule == "fraction" and account.initial is None:
        raise study.error(f"{where}.initial", 'is missing beside rule = "fraction"', "state it: 0.1 for 10 %")
    most = {"initial": 1.0, "maintenance": account.initial or 1.0}
    for key in most:
        share = getattr(account, key)
        if share is not None and account.rule != "fraction":
            raise study.error(
                f"{where}.{key}",
                f"stands beside rule = {account.rule!r}" if account.rule else "stands without a rule",
                'it belongs to rule = "fraction", and to no other',
            )
        if share is not None and not _LEAST_SHARE <= share <= most[key]:
            told = f"{most[key]:g}" if key == "initial" else f"the initial margin of {most[key]:g}"
            advice = f"give a fraction of the notional from {_LEAST_SHARE:g} to {told}"
            raise study.error(f"{where}.{key}", f"is {share:g}", advice)
    _check_haircuts(study, where, account)
    _check_funding(study, where, account)


def _check_haircuts(study: Study, where: str, account: AccountLine) -> None:
    if account.haircuts and not account.rule:
        raise study.error(f"{where}.haircuts", "stand without a rule", "name the venue's margin rule")
    for currency, share in account.haircuts.items():
        if not 0.0 <= share <= 1.0:
            raise study.error(f"{where}.haircuts.{currency}", f"is {share:g}", "it is a fraction from 0 to 1")
        if currency not in ("USD", study.base, *study.rates):
            problem = f"{currency} has no USD rate, so no account holds it"
            raise study.error(f"{where}.haircuts.{currency}", problem, "name a currency of the study")


def _check_funding(study: Study, where: str, account: AccountLine) -> None:
    if account.funding_8h is not None and account.rule != "paradex":
        raise study.error(f"{where}.funding_8h", "stands alone", 'it belongs to rule = "paradex", and to no other')
    if account.funding_8h is not None and not abs(account.funding_8h) <= 0.1:
        raise study.error(f"{where}.funding_8h", f"is {account.funding_8h:g}", "write 0.0001 for 0.01 %")


def _check_option(study: Study, where: str, option: OptionLine) -> None:
    if not 1e-3 <= option.vol <= 10.0:
        raise study.error(f"{where}.vol", f"is {option.vol:g}", "vols are fractions from 0.001: 0.65 is 65 %")
    if not abs(option.quantity) <= _MOST:
        raise study.error(f"{where}.quantity", f"is {option.quantity:g}", f"give at most {_MOST:g} contracts")
    if option.account and option.account not in [line.name for line in study.account]:
        raise study.error(f"{where}.account", f"no account is called {option.account!r}", "add an [[account]]")
    if option.delivery_fee is not None and not 0.0 <= option.delivery_fee < 1.0:
        raise study.error(f"{where}.delivery_fee", f"is {option.delivery_fee:g}", "it is a fraction: write 0.00015")
    for key in ("entry_price", "delivery_price", "delivery_fee"):
        price = getattr(option, key)
        if price is not None and not option.account:
            raise study.error(f"{where}.{key}", "stands without an account", "name the account that holds the option")
        if price is not None and key != "delivery_fee" and not 0.0 < price <= RICHEST:
            raise study.error(f"{where}.{key}", f"is {price:g}", "prices are positive")


def _check_transfer(study: Study, where: str, line: TransferLine) -> None:
    names = [account.name for account in study.account]
    for key in ("source", "target"):
        if getattr(line, key) not in names:
            problem = f"no account is called {getattr(line, key)!r}"
            raise study.error(f"{where}.{key}", problem, "add an [[account]]")
    if line.source == line.target:
        raise study.error(f"{where}.target", f"is {line.source}, where the money is", "name another account")
    need_rate(study, f"{where}.currency", line.currency)
    _check_amount(study, f"{where}.amount", line.amount)
    fee = study.transfer_fees.get(line.currency, 0.0)
    if not line.amount > fee:
        advice = f"give more than its fee of {fee:g}" if fee else "give how much leaves, above zero"
        raise study.error(f"{where}.amount", f"is {line.amount:g}", advice)
    if line.at.tzinfo is None:
        raise study.error(f"{where}.at", "has no time zone", "write it with Z, as 2023-08-13T00:00:00Z")
    if not study.start <= line.at < study.end:
        raise study.error(f"{where}.at", "is outside of the study's days", "give a time from start to end")


def check_start(study: Study, where: str, line: PolicyLine) -> None:
    """Refuse balances and a leverage that a policy cannot start with.

    Parameters
    ----------
    study : Study
        The whole file.
    where : str
        The policy's place in it.
    line : PolicyLine
        The policy.

    Raises
    ------
    ConfigError
        Naming file, line, field and remedy.
    """
    accounts = [account.name for account in study.account]
    for name, balances in line.balances.items():
        if name not in accounts:
            raise study.error(f"{where}.balances.{name}", f"no account is called {name!r}", "add an [[account]]")
        _check_balances(study, f"{where}.balances.{name}", balances)
    if line.leverage is None:
        return
    traded = study.traded_by(line)
    account = study.account_named(traded.account)
    if not isinstance(traded, ExchangeLine) or not account.rule:
        advice = "it needs a perpetual at a venue, in an account with a margin rule"
        raise study.error(f"{where}.leverage", f"{traded.name} in {account.name} has none", advice)
    _check_levered(study, f"{where}.leverage", line, account)
    if line.leverage == "optimal" and study.margin.vol is None:
        raise study.error(
            "margin.vol", 'is missing, and a policy has leverage = "optimal"', "state the vol of the coin"
        )
    if line.leverage != "optimal" and not 0.1 <= line.leverage <= 1000.0:
        raise study.error(f"{where}.leverage", f"is {line.leverage:g}", 'give 0.1 to 1000, or "optimal"')


def _check_levered(study: Study, field: str, line: PolicyLine, account: AccountLine) -> None:
    """Refuse a leverage for an account that holds anything beside the hedge: its margin would not be the hedge's."""
    if any(line.balances.get(account.name, {}).values()):
        raise study.error(field, f"stands beside balances of {account.name}", "keep one of them")
    held = {} if account.name in line.balances else account.balances
    for currency, amount in held.items():
        if amount:
            problem = f"sets what {account.name} starts with, and the account states {amount:g} {currency}"
            emptied = f"balances = {{ {written_key(account.name)} = {{}} }}"
            advice = f"remove its balances, or empty them for this policy: {emptied}"
            raise study.error(field, problem, advice)
    for option in study.option:
        if option.account == account.name and option.quantity:
            problem = f"{account.name} holds {option.instrument} as well, which needs margin of its own"
            raise study.error(field, problem, "give the hedge an account of its own, or state balances")
