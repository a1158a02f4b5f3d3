"""A bare Debian machine for the journeys of the appliance: booted under real systemd, offline, thrown away afterwards.

`with Machine(folder) as machine:` boots one in half a second: systemd, dbus, Python for Ansible. What the lists
of debian.py name can be installed in it by apt-get, and what it shares with us can be the wheels of wheels.py. One wire
leads to it, at `machine.address`, and none to anywhere else. The fixtures are in tests/journeys/appliance/conftest.py.
"""
