"""Members to losses: one member's programme, packing it, and its randomness. Knows no statistics and no files."""
