"""What people see at the end: tables, one JSON, one page."""
