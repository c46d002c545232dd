"""Sources that files are fetched from: SFTP, S3, HTTPS folders and tables of databases."""
