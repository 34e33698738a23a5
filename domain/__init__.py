"""The hotel domain: booking, guest, availability, status transitions, version conflicts, sync
policies. Standard library only."""
