"""What users of the program write for the measured analysis: systematics, and taggers of theirs."""
