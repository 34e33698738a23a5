"""HTTP to providers: transport, retries, rate budget, host policy, tokens."""
