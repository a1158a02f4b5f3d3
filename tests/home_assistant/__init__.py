"""A real Home Assistant for the journeys: installed from a lock in a Debian root, booted in a folder, spoken with."""
