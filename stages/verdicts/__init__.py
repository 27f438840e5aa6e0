"""Which of two losses did better, and how sure that is."""
