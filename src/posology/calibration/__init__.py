"""Is the verdict right? Simulated studies of known truth, by the product's own inference (docs/calibration.md)."""
