"""Models that are deployed: status, versions, reports, requests, rollback, retirement."""
