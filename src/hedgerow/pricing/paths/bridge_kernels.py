# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""The Brownian bridge: independent normals, the most important first, into the increments of a walk.

The first normal sets the end of the walk, the next its middle, and so on by halves. Good coordinates of a Sobol point
come first; the bridge gives them to what matters most (Caflisch, Morokoff, Owen 1997, J. Computational Finance 1(1):27,
doi 10.21314/JCF.1997.005, section 4).
"""

import numpy as np

from hedgerow.core.compiling import kernel


@kernel
def bridge_increments(normals, order, weights, increments):
    """Fill increments[n_path, n_step] with independent normals from normals[n_path, n_step].

    Row j of order[n_step, 3] holds the dates left of, at and right of what normal j sets, counted from 0 at the start;
    weights[n_step, 3] what its two neighbours and the normal count there.
    """
    n_path, n_step = normals.shape
    walk = np.zeros(n_step + 1)
    for p in range(n_path):
        for j in range(n_step):
            left, at, right = order[j, 0], order[j, 1], order[j, 2]
            walk[at] = weights[j, 0] * walk[left] + weights[j, 1] * walk[right] + weights[j, 2] * normals[p, j]
        for k in range(n_step):
            increments[p, k] = walk[k + 1] - walk[k]
