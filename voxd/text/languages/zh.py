"""Chinese."""

from voxd.text.abbreviations import COMMON

ABBREVIATIONS = COMMON
