"""The numbered steps from a blank database to the newest schema; a released step is never edited."""
