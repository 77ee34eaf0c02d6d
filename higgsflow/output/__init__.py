"""Files of events: the outputs of jobs, and what they are merged to."""
