"""The kinds of addresses of input files, which are told by how they begin."""

SERVER = "root://"
DATASET = "das:"
# what is not on this machine
REMOTE = (SERVER, DATASET)
# files that a task is to make
PRODUCED = "task:"
