"""The Apaleo API: requests, paging, pull phases, checkpoints."""
