"""The measurements, one file for each subject; each gives rows."""
