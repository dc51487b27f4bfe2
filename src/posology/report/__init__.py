"""What a study found, shown: in the terminal, and as a report (HTML, Markdown, JSON) drawn from the folder's files."""
