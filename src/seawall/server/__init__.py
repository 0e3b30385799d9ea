"""The server program: what runs beside the web, how it is put together, and when it ends."""
