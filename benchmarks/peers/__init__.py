"""The same analysis as its users would write it without this program; nothing here imports it."""
