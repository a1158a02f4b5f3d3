"""HTTP over the control socket."""
