"""What a study found as a report: HTML, Markdown and JSON, drawn from the folder's files."""
