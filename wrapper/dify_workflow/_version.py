"""The version of this package: the build, and `make release`, have it from here."""

__version__ = "0.1.0"
