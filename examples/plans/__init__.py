"""Plans for other code bases than that of the shipped one."""
