"""Mentions: who is mentioned in a message, and how many mentions each user hasn't read.

A message has the people that it mentions in its column `mentions`, for its readers, and each of them has a row in
`Mention`, from which their own mentions are found.
"""
