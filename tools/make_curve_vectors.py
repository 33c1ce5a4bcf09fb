"""Golden vectors of Curve's pools: ``python tools/make_curve_vectors.py`` writes tests/oracle/curve_vectors.json.

No package ships the bytecode of these contracts. So their numbers are made here from the whitepapers, at 70 digits, on
a road of its own: every unknown (D, the reserve after a swap, the first reserve as a function of the others) is found
by bracketing it in the invariant as that is printed there, and derivatives are differences of that function. No formula
for a price, a gamma or a Newton step occurs.

Egorov (2019), StableSwap: efficient mechanism for stablecoin liquidity.
Egorov (2021), Automatic market-making with dynamic peg.
"""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mpmath import matrix, mp, mpf

TARGET = Path(__file__).resolve().parents[1] / "tests" / "oracle" / "curve_vectors.json"
ONE = 10**18
STEP = mpf(10) ** -11
Invariant = Callable[[Sequence[mpf], mpf], mpf]


def bisect(rising: Callable[[mpf], mpf], low: mpf, high: mpf) -> mpf:
    """Where a function turns from negative to positive: bisection, and secants once the bracket is narrow."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    below, above = rising(low), rising(high)
    for _ in range(20):
        if below == above or abs(high - low) <= abs(high) * mpf(10) ** -64:
            return high
        low, high, below = high, high - above * (high - low) / (above - below), above
        above = rising(high)
    raise ArithmeticError("secants do not settle")


def product(values: Sequence[mpf]) -> mpf:
    whole = mpf(1)
    for value in values:
        whole *= value
    return whole


def stable_invariant(n: int, a_whitepaper: mpf) -> Invariant:
    """Left side less right side of A·n^n·S + D = A·D·n^n + D^(n+1)/(n^n·prod x)."""

    def excess(x: Sequence[mpf], d: mpf) -> mpf:
        strength = a_whitepaper * n**n
        return strength * sum(x) + d - strength * d - d ** (n + 1) / (n**n * product(x))

    return excess


def crypto_invariant(n: int, a_whitepaper: mpf, gamma: mpf) -> Invariant:
    """Left side less right side of K·D^(n-1)·S + prod x = K·D^n + (D/n)^n."""

    def excess(x: Sequence[mpf], d: mpf) -> mpf:
        k0 = product(x) * n**n / d**n
        k = a_whitepaper * k0 * gamma**2 / (gamma + 1 - k0) ** 2
        return k * d ** (n - 1) * sum(x) + product(x) - k * d**n - (d / n) ** n

    return excess


def level_of(excess: Invariant, x: Sequence[mpf]) -> mpf:
    """D lies between n times the geometric mean and the sum."""
    n = len(x)
    return bisect(lambda d: -excess(x, d), n * product(x) ** (mpf(1) / n) * (1 - mpf(10) ** -30), sum(x) * (1 + STEP))


def reserve_of(excess: Invariant, others: Sequence[mpf], d: mpf) -> mpf:
    """The reserve that keeps D: at most that of a constant product."""
    n = len(others) + 1
    return bisect(lambda y: excess([y, *others], d), mpf(0) + mpf(10) ** -30, (d / n) ** n / product(others))


def differences(value: Callable[[Sequence[mpf]], mpf], at: Sequence[mpf]) -> tuple[list[mpf], matrix]:
    """Gradient and Hessian by central differences."""
    n = len(at)
    steps = [own * STEP for own in at]

    def moved(*changes: tuple[int, int]) -> mpf:
        point = list(at)
        for token, sign in changes:
            point[token] += sign * steps[token]
        return value(point)

    here = value(at)
    up, down = [moved((i, 1)) for i in range(n)], [moved((i, -1)) for i in range(n)]
    slopes = [(up[i] - down[i]) / (2 * steps[i]) for i in range(n)]
    second = matrix(n, n)
    for i in range(n):
        second[i, i] = (up[i] - 2 * here + down[i]) / steps[i] ** 2
        for j in range(i):
            corners = sum(a * b * moved((i, a), (j, b)) for a in (1, -1) for b in (1, -1))
            second[i, j] = second[j, i] = corners / (4 * steps[i] * steps[j])
    return slopes, second


def derivatives(excess: Invariant, x: Sequence[mpf], d: mpf) -> tuple[list[mpf], matrix, list[mpf]]:
    """Prices in token 0, gamma at these, and the third derivatives of the value for all tokens but token 0.

    Token 0 as a function of the others falls with slope minus the price; so the others move by minus the inverse of its
    Hessian when prices do. What token 0 does follows, for the pool gets no value out of an infinitesimal trade.
    """

    def first(others: Sequence[mpf]) -> mpf:
        return reserve_of(excess, others, d)

    others = list(x[1:])
    slopes, second = differences(first, others)
    prices = [mpf(1), *[-slope for slope in slopes]]
    inner = -(second**-1)
    n = len(x)
    gamma = matrix(n, n)
    for i in range(1, n):
        for j in range(1, n):
            gamma[i, j] = inner[i - 1, j - 1]
        gamma[i, 0] = gamma[0, i] = -sum(inner[i - 1, j - 1] * prices[j] for j in range(1, n))
    gamma[0, 0] = -sum(gamma[0, j] * prices[j] for j in range(1, n))
    speed = []
    for i in range(n - 1):
        size = mpf(10) ** -9 * min(abs(own / inner[k, i]) for k, own in enumerate(others))
        ends = [
            -(differences(first, [own + sign * size * inner[k, i] for k, own in enumerate(others)])[1] ** -1)[i, i]
            for sign in (1, -1)
        ]
        speed.append((ends[0] - ends[1]) / (2 * size))
    return prices, gamma, speed


def answers(
    excess: Invariant, held: Sequence[int], paid: int, token_in: int, token_out: int, units: Sequence[mpf]
) -> dict[str, Any]:
    """Everything that tests compare; ``units`` are 10^-18 of the invariant's balance for a whole token."""
    level = int(mp.floor(level_of(excess, [mpf(own) for own in held])))
    after = [mpf(own) for own in held]
    after[token_in] = mpf(paid)
    left = reserve_of(excess, [own for token, own in enumerate(after) if token != token_out], mpf(level))
    after[token_out] = left
    shares = [n_x / sum(after) for n_x in after]
    balanced = product(shares) * len(held) ** len(held)
    whole = [mpf(own) / ONE for own in held]
    prices, gamma, speed = derivatives(excess, whole, level_of(excess, whole))
    n = len(held)
    return {
        "invariant": level,
        "reserve_after": int(mp.floor(left)),
        "balance_after": mp.nstr(balanced, 30),
        "spot": [float(prices[i] * units[i] / units[0]) for i in range(n)],
        "gamma": [[float(gamma[i, j] / (units[i] * units[j]) * units[0]) for j in range(n)] for i in range(n)],
        "speed": [float(speed[i - 1] / units[i] ** 3 * units[0] ** 2) for i in range(1, n)],
    }


def stable_vector(rng: random.Random, n: int) -> dict[str, Any]:
    amplification = rng.choice([10, 50, 100, 200, 500, 1000, 2000])
    decimals = [rng.choice([6, 8, 18]) for _ in range(n)]
    accrued = [rng.choice([ONE, ONE, rng.randrange(ONE, 13 * ONE // 10)]) for _ in range(n)]
    rates = [rate * 10 ** (18 - digits) for rate, digits in zip(accrued, decimals, strict=True)]
    tilt, size = rng.choice([0.0, 0.1, 1.0, 2.5]), 10.0 ** rng.uniform(3, 9)
    balances = [int(size * 2.718281828 ** (tilt * rng.uniform(-1, 1)) * 10**digits) for digits in decimals]
    token_in, token_out = rng.sample(range(n), 2)
    amount = max(int(balances[token_in] * 10.0 ** rng.uniform(-5, 0.3)), 1)
    held = [balance * rate // ONE for balance, rate in zip(balances, rates, strict=True)]
    excess = stable_invariant(n, mpf(amplification) / n ** (n - 1))
    paid = (balances[token_in] + amount) * rates[token_in] // ONE
    units = [mpf(rate) * mpf(10) ** digits / mpf(10) ** 36 for rate, digits in zip(rates, decimals, strict=True)]
    return {
        "kind": "curve-stableswap",
        "amplification": amplification * 100,
        "decimals": decimals,
        "rates": rates,
        "balances": balances,
        "fee": rng.choice([0, 1_000_000, 4_000_000, 30_000_000]),
        "admin_fee": 5_000_000_000,
        "token_in": token_in,
        "token_out": token_out,
        "amount_in": amount,
        **answers(excess, held, paid, token_in, token_out, units),
    }


def crypto_vector(rng: random.Random, n: int) -> dict[str, Any]:
    annual = rng.choice([400_000, 5_400_000, 20_000_000] if n == 2 else [540_000, 1_707_629, 20_000_000])
    gamma = rng.choice([10**13, 145 * 10**12, 11_809_167_828_997, 2 * 10**15, 2 * 10**16])
    decimals = [rng.choice([6, 8, 18]) for _ in range(n)]
    price_scale = [int(10.0 ** rng.uniform(-3, 5) * ONE) for _ in range(n - 1)]
    scales = [ONE, *price_scale]
    tilt, size = rng.choice([0.0, 0.003, 0.05, 0.5, 1.5]), 10.0 ** rng.uniform(4, 8)
    balances = [
        int(size * 2.718281828 ** (tilt * rng.uniform(-1, 1)) * ONE / scale * 10**digits)
        for digits, scale in zip(decimals, scales, strict=True)
    ]
    token_in, token_out = rng.sample(range(n), 2)
    amount = max(int(balances[token_in] * 10.0 ** rng.uniform(-5, 0)), 1)
    up = [10 ** (18 - digits) * scale for digits, scale in zip(decimals, scales, strict=True)]
    held = [balance * scale // ONE for balance, scale in zip(balances, up, strict=True)]
    excess = crypto_invariant(n, mpf(annual) / 10_000 / n**n, mpf(gamma) / ONE)
    paid = (balances[token_in] + amount) * up[token_in] // ONE
    return {
        "kind": "curve-cryptoswap",
        "amplification": annual,
        "gamma_parameter": gamma,
        "price_scale": price_scale,
        "decimals": decimals,
        "balances": balances,
        "mid_fee": 3_000_000,
        "out_fee": 30_000_000,
        "fee_gamma": rng.choice([230_000_000_000_000, 5_000_000_000_000_000]),
        "token_in": token_in,
        "token_out": token_out,
        "amount_in": amount,
        **answers(excess, held, paid, token_in, token_out, [mpf(scale) / ONE for scale in scales]),
    }


def main() -> None:
    mp.dps = 70
    rng = random.Random(2019)
    vectors = [stable_vector(rng, n) for n in (2, 3, 4) for _ in range(70)]
    vectors += [crypto_vector(rng, n) for n in (2, 3) for _ in range(105)]
    lines = ",\n".join(json.dumps(vector) for vector in vectors)
    TARGET.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
