"""Floor 14: the command line, a thin shell over the library. Commands import what they need when they run."""
