"""What the API server would admit, judged without one."""
