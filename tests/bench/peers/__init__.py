"""What voxd is measured against, and what stands around it: each file is a program of its own."""
