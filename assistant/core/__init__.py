"""What every room shares: the domain, the catalogue, eligibility, gates, screening and deadlines."""
