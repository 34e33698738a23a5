"""The audit log of administrative acts: who acts, what is recorded, how it is read."""
