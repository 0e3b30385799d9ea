"""The dialects: one module each, policy objects in, rules of the ordered-tier model out."""
