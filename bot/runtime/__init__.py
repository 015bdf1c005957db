"""What keeps the process running: clock, leases, background tasks, logs, metrics, its port."""
