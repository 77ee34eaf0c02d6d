"""Events: the index of files, the reading of columns, chunks and certified lumisections."""
