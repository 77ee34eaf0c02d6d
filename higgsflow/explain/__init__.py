"""Why an event is where it is: its way through corrections, cuts, tags and weights."""
