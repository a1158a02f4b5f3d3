"""Multicast DNS: how others on the network find what listens here. The only home of zeroconf."""
