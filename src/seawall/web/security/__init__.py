"""What stands before every route: who may call by which name, who is calling, how often, and what browsers are told."""
