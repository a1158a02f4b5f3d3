"""Models from a hub: their names, what is fetched of them, and the manifest that tells what was."""
