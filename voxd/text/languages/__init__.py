"""What each language needs to say numbers, times, dates, money and units."""
