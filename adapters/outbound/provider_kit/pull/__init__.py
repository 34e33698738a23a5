"""The pull engine: phases, paging, checkpoints. A vendor declares its phases."""
