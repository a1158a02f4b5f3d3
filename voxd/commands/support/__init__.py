"""The support bundle: what a maintainer needs to know of an installation, without secrets or anything that was said."""
