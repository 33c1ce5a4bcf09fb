"""Floor 0: money, time, identifiers, errors, arrays and the kernel compiler."""
