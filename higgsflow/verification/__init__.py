"""Merged files held against the job records that they were made from."""
