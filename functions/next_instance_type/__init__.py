"""The step next instance type."""
