"""Models, endpoints and their variants, servers and traffic."""
