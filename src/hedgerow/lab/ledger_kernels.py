# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""What trades do to the accounts of many paths at one date."""

from hedgerow.core.compiling import kernel


@kernel
def trade_rows(y, lower, upper, buy_to, sell_to, held, last, cash, trades, turnover):
    """Take every path through its band: from inside nowhere, from outside to the goal of its side.

    All of shape (n_path,). Changes held, last (the price of the last trade) and cash, and adds to trades (a count) and
    turnover (value traded). Everything is loaded before it is chosen from: no branch to guess.
    """
    for i in range(y.shape[0]):
        price, h, least, most, bought, sold = y[i], held[i], lower[i], upper[i], buy_to[i], sell_to[i]
        goal = sold if h > most else h
        goal = bought if h < least else goal
        moved = goal - h
        value = moved * price
        before = last[i]
        held[i] = goal
        cash[i] -= value
        turnover[i] += abs(value)
        trades[i] += 1.0 if moved != 0.0 else 0.0
        last[i] = price if moved != 0.0 else before


@kernel
def impact_rows(impact, before, after, paid):
    """Add to paid[n_path] ``impact`` times the square of what is traded."""
    for i in range(before.shape[0]):
        moved = after[i] - before[i]
        paid[i] += impact * moved * moved
