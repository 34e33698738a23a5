"""An adapter by declaration, for a vendor with an ordinary JSON API: see vendor.py."""
