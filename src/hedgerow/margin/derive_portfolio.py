"""Derive's portfolio margin: a share of the largest loss over scenarios, and contingencies."""

from dataclasses import dataclass, replace

import numpy as np

from hedgerow.book import CompiledBook, kernels, value_book
from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.errors import InputError
from hedgerow.margin.legs import Options, check_kinds, futures_of, is_option, options_of, part_of
from hedgerow.margin.requirement import MarginRow, Requirement
from hedgerow.margin.shocks import shocked_values
from hedgerow.venue_rules.tables import ContingencyMargin


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shocked:
    """What a book is worth in each scenario, then up and down by the basis move, options by expiry. [USD], [years]"""

    options: Float64[np.ndarray, "n_scenario n_expiry"]
    now: Float64[np.ndarray, " n_expiry"]
    years: Float64[np.ndarray, " n_expiry"]
    linear: Float64[np.ndarray, " n_scenario"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivePortfolio:
    """Margin of perpetuals and options on one coin, and of coins that lie beside them.

    Initial margin is the largest loss, maintenance margin 0.8 of it, both with contingencies in full. The loss is over
    31 scenarios of spot and vol, two that tilt the vols of every expiry against the account, and one that moves the
    basis of each expiry on its own. What an expiry is worth after a shock counts at 0.98 of it, discounted, where that
    is positive; here nothing else is discounted. Contingencies are shares of perpetuals and of options sold at a strike
    and not bought there; the contract that computes margin counts those of maintenance at initial margin too, and so
    does this rule, where the documentation may be read as if it did not. Coins move with the spot in the scenarios;
    what of their worth does not count is a haircut of the account. What the venue adds where USDC is below 0.99 or its
    oracle is unsure of a price is not in it.

    Parameters
    ----------
    name : str
        For people.
    coin : str
        Of its contracts.
    table : ContingencyMargin
        The venue's figures.

    References
    ----------
    Derive, "Portfolio Manager" (docs.derive.xyz/docs/copy-of-portfolio-manager-new), for the figures; v2-core,
    PMRMLib_2_1, getMarginAndMarkToMarket, for how they are put together.
    """

    name: str
    coin: str
    table: ContingencyMargin

    @property
    def counts_options(self) -> bool:
        """True: losses are from marks, so marks count in the equity. [bool]"""
        return True

    def requirement(self, book: CompiledBook) -> Requirement:
        """As the port says. Its parts are ``max loss``, ``perpetuals`` and ``sold options``."""
        self._check(book)
        options, futures, table = options_of(book), futures_of(book), self.table
        expiries = np.unique(options.expiry_ns)
        shocked = self._shocked(book, options, np.searchsorted(expiries, options.expiry_ns), expiries.size)
        counted = self._counted(shocked.options, shocked.years)
        losses = self._weights() * -((counted - shocked.now).sum(axis=1)[:-2] + shocked.linear[:-2])
        basis = self._basis_losses(shocked).max(axis=0, initial=0.0)
        tilts = [self._skew_loss(book, options, expiries, shocked, away=away) for away in (False, True)]
        worst = max(float(losses.max(initial=0.0)), float(basis.sum()), *tilts)
        notional = float(np.abs(futures.coins).sum()) * book.spot
        sold = float(np.maximum(-_net_by_strike(options)[1], 0.0).sum()) * book.spot
        perpetuals = (table.perpetual_maintenance + table.perpetual_initial) * notional
        naked = (table.option_maintenance + table.option_initial) * sold
        return Requirement(
            initial=table.initial * worst + perpetuals + naked,
            maintenance=table.maintenance * worst
            + table.perpetual_maintenance * notional
            + table.option_maintenance * sold,
            parts=(("max loss", table.initial * worst), ("perpetuals", perpetuals), ("sold options", naked)),
        )

    def rows(
        self, book: CompiledBook, trades: CompiledBook, held: Float64[np.ndarray, " n_instrument"]
    ) -> tuple[MarginRow, ...]:
        """As the port says: rows below the margin after trades, which touch it at what is held.

        Where an expiry turns from gain to loss, and where a strike turns from bought to sold, rows go on as they are at
        what is held; the tilts of vols are in no row.

        One without loss, one for each scenario, one for the basis.
        """
        self._check(book)
        self._check(trades)
        own, unit = options_of(book), options_of(trades)
        expiries = np.unique(np.concatenate((own.expiry_ns, unit.expiry_ns, [0])))
        mine = self._shocked(book, own, np.searchsorted(expiries, own.expiry_ns), expiries.size)
        slots = np.full(held.size, -1)
        slots[unit.group] = np.searchsorted(expiries, unit.expiry_ns)
        each = self._shocked(trades, unit, unit.group, held.size)
        years = np.zeros(expiries.size)
        np.maximum.at(years, np.searchsorted(expiries, own.expiry_ns), own.years)
        np.maximum.at(years, np.searchsorted(expiries, unit.expiry_ns), unit.years)
        linear = self._unit_moves(trades, held.size)
        has = slots >= 0
        after = mine.options.copy()
        np.add.at(after.T, slots[has], (each.options * held)[:, has].T)
        slope = np.where(after > 0.0, self._gain_shares(years), 1.0)
        start, short = self._contingencies(book, trades, held)
        rows = [("no scenario loses", 0.0, np.zeros(held.size))]
        lost = (mine.now - slope * mine.options).sum(axis=1) - mine.linear
        by_unit = np.where(has, each.now - slope[:, slots] * each.options, 0.0) - linear
        weights = self.table.initial * self._weights()
        for k, shock in enumerate(self.table.scenarios):
            label = f"spot {shock.spot:+.1%}, vol {shock.vol:+.1%}"
            rows.append((label, weights[k] * float(lost[k]), weights[k] * by_unit[k]))
        rows.append(("basis", *self._basis_row(mine, each, held, slots, years)))
        return tuple(
            MarginRow(
                name=f"{self.name}, {label}",
                start=begin + float(slopes @ held) + start,
                linear=slopes + short[1],
                long=short[0],
                short=short[0],
            )
            for label, begin, slopes in rows
        )

    def _check(self, book: CompiledBook) -> None:
        check_kinds(book, self.name)
        if book.base != self.coin:
            raise InputError(f"{self.name} is of {self.coin}, the book of {book.base}", "take the rule of that coin")
        futures, options = futures_of(book), options_of(book)
        strange = "inverse contracts" if np.any(futures.inverse) or np.any(options.inverse) else ""
        if strange or np.any(futures.expiry_ns > 0):
            raise InputError(
                f"the table of {self.name} does not cover {strange or 'dated futures'}, only perpetuals and linear "
                "options",
                "take another rule, or keep the position elsewhere",
            )

    def _weights(self) -> Float64[np.ndarray, " n_scenario"]:
        return np.array([shock.weight for shock in self.table.scenarios])

    def _moves(self) -> Float64[np.ndarray, " n_scenario"]:
        move = self.table.basis_move
        return np.array([*(shock.spot for shock in self.table.scenarios), move, -move])

    def _gain_shares(self, years: Float64[np.ndarray, " n_expiry"]) -> Float64[np.ndarray, " n_expiry"]:
        shares: np.ndarray = self.table.gain_share * np.exp(-self.table.gain_rate * years)
        return shares

    def _counted(
        self, worth: Float64[np.ndarray, "... n_expiry"], years: Float64[np.ndarray, " n_expiry"]
    ) -> Float64[np.ndarray, "... n_expiry"]:
        counted: np.ndarray = np.where(worth > 0.0, self._gain_shares(years) * worth, worth)
        return counted

    def _shocked(
        self, book: CompiledBook, options: Options, place: Int64[np.ndarray, " n_option"], count: int
    ) -> _Shocked:
        """Value options by place in every scenario, up and down by the basis move; the rest moves with the spot."""
        moves = self._moves()
        vols = [*(shock.vol for shock in self.table.scenarios), 0.0, 0.0]
        values, now, years = np.zeros((moves.size, count)), np.zeros(count), np.zeros(count)
        if options.mark.size:
            alone = replace(part_of(book, is_option(book)), group=place, n_group=count)
            values, now = shocked_values(alone, moves.tolist(), vols, self.table.vols)
            np.maximum.at(years, place, options.years)
        futures = futures_of(book)
        coins = float(book.table[book.kinds == kernels.COIN, kernels.QUANTITY].sum()) * book.spot
        linear = moves * (float((futures.coins * futures.mark).sum()) + coins)
        return _Shocked(options=values, now=now, years=years, linear=linear)

    def _unit_moves(self, trades: CompiledBook, n: int) -> Float64[np.ndarray, "n_scenario n_instrument"]:
        """Return the P&L of one perpetual of each instrument, or of one coin. [USD]"""
        futures, worth = futures_of(trades), np.zeros(n)
        np.add.at(worth, futures.group, futures.coins * futures.mark)
        coins = trades.kinds == kernels.COIN
        np.add.at(worth, trades.group[coins], trades.table[coins, kernels.QUANTITY] * trades.spot)
        return np.outer(self._moves(), worth)

    def _basis_losses(self, shocked: _Shocked) -> Float64[np.ndarray, "2 n_expiry"]:
        share = self.table.basis_share + self.table.basis_per_year * shocked.years
        losses: np.ndarray = (shocked.now - shocked.options[-2:]) * share
        return losses

    def _basis_row(
        self,
        mine: _Shocked,
        each: _Shocked,
        held: Float64[np.ndarray, " n_instrument"],
        slots: Int64[np.ndarray, " n_instrument"],
        years: Float64[np.ndarray, " n_expiry"],
    ) -> tuple[float, Float64[np.ndarray, " n_instrument"]]:
        """Return the basis contingency as it is at what is held: without trades, and by contract."""
        losses, units = self._basis_losses(replace(mine, years=years)), self._basis_losses(each)
        total, has = losses.copy(), slots >= 0
        np.add.at(total.T, slots[has], (units * held)[:, has].T)
        side, counts = total.argmax(axis=0), total.max(axis=0, initial=0.0) > 0.0
        lane = np.arange(years.size)
        start = float(np.where(counts, losses[side, lane], 0.0).sum())
        slopes = np.zeros(held.size)
        at = slots[has]
        slopes[has] = np.where(counts[at], units[side[at], np.flatnonzero(has)], 0.0)
        return self.table.initial * start, self.table.initial * slopes

    def _contingencies(
        self, book: CompiledBook, trades: CompiledBook, held: Float64[np.ndarray, " n_instrument"]
    ) -> tuple[float, tuple[np.ndarray, np.ndarray]]:
        """Return contingencies without the instruments, then by size of each and by contract, as at what is held."""
        table, futures, unit, own = self.table, futures_of(trades), options_of(trades), options_of(book)
        by_size, slopes = np.zeros(held.size), np.zeros(held.size)
        share = (table.perpetual_maintenance + table.perpetual_initial) * book.spot
        np.add.at(by_size, futures.group, share * np.abs(futures.coins))
        start = share * float(np.abs(futures_of(book).coins).sum())
        naked = (table.option_maintenance + table.option_initial) * book.spot
        keys, net = _net_by_strike(own)
        sums = dict(zip(keys, net.tolist(), strict=True))
        held_there = dict(sums)
        for group, key, quantity in zip(unit.group, _keys(unit), unit.quantity, strict=True):
            held_there[key] = held_there.get(key, 0.0) + float(quantity * held[group])
        sold = {key for key, amount in held_there.items() if amount < 0.0}
        start += naked * -sum(sums.get(key, 0.0) for key in sold)
        for group, key, quantity in zip(unit.group, _keys(unit), unit.quantity, strict=True):
            if key in sold:
                slopes[group] -= naked * float(quantity)
        return start + float(slopes @ held), (by_size, slopes)

    def _skew_loss(
        self,
        book: CompiledBook,
        options: Options,
        expiries: Int64[np.ndarray, " n_expiry"],
        shocked: _Shocked,
        *,
        away: bool,
    ) -> float:
        """Return what tilted vols change of each expiry, all of it lost: linear in the log-strike, or in its size."""
        if not options.mark.size:
            return 0.0
        table, root = self.table, np.sqrt(options.years)
        strike = np.log(options.strike / options.forward)
        cap = table.skew_cap + table.skew_cap_per_root_year * root
        width = np.maximum(table.skew_width * root, table.skew_least_width)
        tilt = np.clip((np.abs(strike) if away else strike) * cap / width, -np.abs(cap), np.abs(cap))
        alone = part_of(book, is_option(book))
        moved = alone.table.copy()
        moved[:, kernels.VOL] *= np.maximum(1.0 + tilt, 1e-6)
        worth = value_book(replace(alone, table=moved), numeraire="USD")[0]
        by_expiry = np.bincount(np.searchsorted(expiries, options.expiry_ns), weights=worth, minlength=expiries.size)
        return float(np.abs(self._counted(by_expiry, shocked.years) - shocked.now).sum())


def _keys(options: Options) -> list[tuple[int, float]]:
    return list(zip(options.expiry_ns.tolist(), options.strike.tolist(), strict=True))


def _net_by_strike(options: Options) -> tuple[list[tuple[int, float]], Float64[np.ndarray, " n_strike"]]:
    """Return strikes of all expiries, and what is held at each, calls and puts together. [coins]"""
    sums: dict[tuple[int, float], float] = {}
    for key, quantity in zip(_keys(options), options.quantity.tolist(), strict=True):
        sums[key] = sums.get(key, 0.0) + quantity
    return list(sums), np.array(list(sums.values()))
