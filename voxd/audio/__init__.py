"""Arithmetic on samples: no devices, no files, no clocks."""
