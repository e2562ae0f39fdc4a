"""Files of messages.

The life of an attachment, a row of `messaging.models.Attachment`, and what happens after a crash:

| state     | row                           | bytes are in            | moved on by             | after a crash       |
|-----------|-------------------------------|-------------------------|-------------------------|---------------------|
| uploading | ready_at null                 | UPLOAD_ROOT/<id>        | uploads/receiver.py     | continues           |
| inspected | the same                      | the same and <id>.made/ | sandbox/inspector.py    | inspected again     |
| storing   | ready_at null, is_placed true | both places             | uploads/actions.py      | stored again        |
| ready     | ready_at set, message null    | storage                 | posting (claims.py)     | can still be posted |
| posted    | message set                   | storage                 | -                       | -                   |
| discarded | none; names in DiscardedFile  | storage, until deleted  | cleanup.py, the sweeper | the sweeper deletes |

uploads/sweeper.py also deletes uploads without activity for a day and ready files that nobody posts for a day.
"""
