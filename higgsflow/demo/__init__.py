"""A small invented H -> gamma gamma data set, so that everything can be tried without CMS files."""
