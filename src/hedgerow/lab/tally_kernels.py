# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls
"""Sums of what paths came to, by the group that each path belongs to."""

from hedgerow.core.compiling import kernel


@kernel
def count_rows(offset, losses, parts, centre, low, width, count, sums, bin_counts, bin_sums):
    """Add the paths from number ``offset`` on to the sums of their groups.

    Paths 2i and 2i + 1 belong to group i modulo the number of groups. sums[n_row, n_group] are of losses less the
    centre, their squares, then parts[n_row - 2, n_path]; bin_counts and bin_sums, both [n_group, n_bin + 2], hold what
    lies below the tail first, the bins of the tail, and what lies above them last.
    """
    groups, bins = count.shape[0], bin_counts.shape[1] - 2
    for i in range(losses.shape[0]):
        loss = losses[i]
        group = ((offset + i) // 2) % groups
        count[group] += 1.0
        away = loss - centre
        sums[0, group] += away
        sums[1, group] += away * away
        for part in range(parts.shape[0]):
            sums[2 + part, group] += parts[part, i]
        place = 0
        if loss >= low:
            place = int(min((loss - low) / width, float(bins))) + 1
        bin_counts[group, place] += 1.0
        bin_sums[group, place] += loss
