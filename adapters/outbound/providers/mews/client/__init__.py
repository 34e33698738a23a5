"""The Mews API: requests, paging, pull phases, checkpoints."""
