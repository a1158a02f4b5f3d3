"""What `voxd check` looks at, one thing a file, and what it says of it."""
