"""The verbs of the command line, one file each; cli.py parses for them."""
