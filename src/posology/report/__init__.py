"""StudyResult to what people read: the terminal today."""
