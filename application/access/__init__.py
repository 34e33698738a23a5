"""Provider keys and tokens: issue, rotate, revoke, authenticate."""
