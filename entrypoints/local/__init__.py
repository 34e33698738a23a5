"""`pms up`: all processes, embedded Valkey, demo hotels and the self check on one machine."""
