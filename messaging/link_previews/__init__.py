"""Previews of links: what other sites say about their pages.

A post or an edit stores the links for which the message shows previews, as rows of `MessageLink`. Everything else
happens in the background of any server process, step by step, and is stored in the database after each one:

1. `lookup` finds the preview of each link, or creates one, which is then due.
2. `queue` claims those that are due, `fetching` requests the pages, `metadata` reads them, and `images` stores what the
   image sandbox has made of their images.
3. `posting/link_previews.py` adds what was found to the messages, as new versions of them.

Messages with the same link share its preview. It is deleted, with its image, when none of them refers to it anymore.
"""
