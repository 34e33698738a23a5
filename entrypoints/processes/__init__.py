"""The product processes: web, worker, scheduler, relay."""
