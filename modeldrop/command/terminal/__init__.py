"""What commands share: model names, progress, results, exit codes, files."""
