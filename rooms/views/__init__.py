"""The pages of rooms: finding them (`browse`), running them (`manage`), who is in them (`people`), and whom one
does not want to hear (`blocking`)."""
