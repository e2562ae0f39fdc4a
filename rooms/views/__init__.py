"""The pages of rooms: finding them (`browse`), running them (`manage`), and who is in them (`people`)."""
