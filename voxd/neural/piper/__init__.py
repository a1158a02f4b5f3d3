"""Piper: small, quick voices for a CPU, one file each. The only home of piper, which is licensed under the GPL."""
