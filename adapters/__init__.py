"""Everything that touches a framework, a network or a database."""
