"""Pure pieces without a domain: errors, intervals, prefixes, bitsets, clocks, text."""
