"""Settings, composition root, installed plug-ins, sealing keys, logging."""
