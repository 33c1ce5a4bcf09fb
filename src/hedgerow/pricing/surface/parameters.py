"""What a surface is fitted to, and what a fit leaves: plain numbers, fit for an event or a file."""

from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.errors import InputError

_NAMES = ("a", "b", "rho", "m", "sigma")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmileQuotes:
    """Quotes of many expiries as intervals of implied vol.

    Parameters
    ----------
    expiry_years : ndarray of shape (n_expiry,)
        Times to expiry, positive and rising. [years, Act/365]
    expiry : ndarray of shape (n_quote,)
        Which expiry a quote belongs to, in rising order. [index]
    log_moneyness : ndarray of shape (n_quote,)
        ln(strike/forward). [pure]
    vol_bid, vol_ask : ndarray of shape (n_quote,)
        Vol that the bid and the ask imply; equal for quotes without a spread; a bid without time value counts as a
        vol of zero. [fraction per square root of a year]

    Raises
    ------
    InputError
        If the columns do not fit together, or a number is out of bounds.
    """

    expiry_years: Float64[np.ndarray, " n_expiry"]
    expiry: Int64[np.ndarray, " n_quote"]
    log_moneyness: Float64[np.ndarray, " n_quote"]
    vol_bid: Float64[np.ndarray, " n_quote"]
    vol_ask: Float64[np.ndarray, " n_quote"]

    def __post_init__(self) -> None:
        n = self.expiry.size
        if not all(column.shape == (n,) for column in (self.log_moneyness, self.vol_bid, self.vol_ask)):
            raise InputError("quote columns of unlike lengths", "give one entry per quote in every column")
        years = self.expiry_years
        if not (years.size and np.all(np.isfinite(years)) and np.all(np.diff(years, prepend=0.0) > 0.0)):
            raise InputError(f"expiry_years {years.tolist()}", "give positive, rising times to expiry")
        if n and not (self.expiry[0] >= 0 and self.expiry[-1] < years.size and np.all(np.diff(self.expiry) >= 0)):
            raise InputError("the quotes are not in the order of their expiries", "sort them; expiry is an index")
        if not np.all(np.isfinite(self.log_moneyness)):
            raise InputError("a log-moneyness that is not finite", "leave such quotes out, by name")
        sane = (self.vol_bid >= 0.0) & (self.vol_ask > 0.0) & (self.vol_bid <= self.vol_ask)
        if not np.all(sane & np.isfinite(self.vol_ask)):
            i = int(np.flatnonzero(~(sane & np.isfinite(self.vol_ask)))[0])
            raise InputError(
                f"quote {i}: vols {self.vol_bid[i]:g} to {self.vol_ask[i]:g}", "give 0 <= vol_bid <= vol_ask, finite"
            )

    def counts(self) -> Int64[np.ndarray, " n_expiry"]:
        """Return how many quotes each expiry has.

        Returns
        -------
        ndarray of shape (n_expiry,)
            Numbers of quotes. [count]
        """
        return np.bincount(self.expiry, minlength=self.expiry_years.size).astype(np.int64)


class SurfaceParameters(msgspec.Struct, frozen=True, kw_only=True):
    """A fitted surface: one raw SVI slice per expiry, which eSSVI slices are too.

    Parameters
    ----------
    kind : {"svi", "essvi"}
        Family that the slices belong to.
    expiry_years : tuple of float
        Times to expiry. [years, Act/365]
    slices : tuple of tuple of five float
        a, b, rho, m, sigma of each expiry: w(k) = a + b·(rho·(k - m) + sqrt((k - m)² + sigma²)). [total variance]
    notes : tuple of str
        What was not fitted as asked for. [text]
    """

    kind: Literal["svi", "essvi"]
    expiry_years: tuple[float, ...]
    slices: tuple[tuple[float, float, float, float, float], ...]
    notes: tuple[str, ...] = ()

    def array(self) -> Float64[np.ndarray, "n_expiry 5"]:
        """Return the slices as an array.

        Returns
        -------
        ndarray of shape (n_expiry, 5)
            a, b, rho, m, sigma of each expiry. [total variance]
        """
        return np.array(self.slices, dtype=np.float64).reshape(len(self.slices), 5)

    def values(self) -> dict[str, float]:
        """Return the numbers by name, as a ``FitDone`` event carries them.

        Returns
        -------
        dict of str to float
            ``essvi`` as 0 or 1, and years, a, b, rho, m, sigma of each slice. [total variance]
        """
        named = {"essvi": float(self.kind == "essvi")}
        for i, (years, numbers) in enumerate(zip(self.expiry_years, self.slices, strict=True)):
            named[f"{i}.years"] = years
            named |= {f"{i}.{name}": value for name, value in zip(_NAMES, numbers, strict=True)}
        return named

    @classmethod
    def from_values(cls, values: dict[str, float]) -> "SurfaceParameters":
        """Read what ``values`` wrote.

        Parameters
        ----------
        values : dict of str to float
            Numbers by name. [total variance]

        Returns
        -------
        SurfaceParameters
            The same surface, without its notes. [total variance]

        Raises
        ------
        InputError
            If a number is missing.
        """
        n = 1 + max((int(name.split(".")[0]) for name in values if name[:1].isdigit()), default=-1)
        wanted = ["essvi", *(f"{i}.{name}" for i in range(n) for name in ("years", *_NAMES))]
        missing = [name for name in wanted if name not in values]
        if missing or n == 0:
            raise InputError(
                f"no {missing[0] if missing else '0.years'} among the values of a surface", "give what values() wrote"
            )
        slices = [tuple(values[f"{i}.{name}"] for name in _NAMES) for i in range(n)]
        return cls(
            kind="essvi" if values["essvi"] else "svi",
            expiry_years=tuple(values[f"{i}.years"] for i in range(n)),
            slices=tuple((a, b, rho, m, sigma) for a, b, rho, m, sigma in slices),
        )
