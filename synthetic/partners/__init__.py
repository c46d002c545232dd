"""One module per partner: the series of files it sends, in its own headers, codes and formats."""
