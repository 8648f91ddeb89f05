"""What measured arrays say about their own labels."""
