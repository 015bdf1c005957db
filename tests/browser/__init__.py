"""What people see and what browsers get: the pages over real HTTP."""
