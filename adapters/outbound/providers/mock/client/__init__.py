"""The mock API: requests, paging, pull phases, checkpoints."""
