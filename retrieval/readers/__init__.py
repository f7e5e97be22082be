"""Read one kind of file each."""
