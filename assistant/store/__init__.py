"""Cases, suggestions and decisions, kept durably and encrypted."""
