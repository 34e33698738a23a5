"""RQ queue, tick and Redis clients. Payloads hold ids only; losing Redis loses no data."""
