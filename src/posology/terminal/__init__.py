"""What the commands show in a terminal: progress, and what was found, in words and plain tables."""
