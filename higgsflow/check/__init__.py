"""What is wrong with an analysis before it runs, all of it at once; and what it will cost."""
