"""Files of messages.

An attachment is a row of `messaging.models.Attachment`. Its bytes arrive in UPLOAD_ROOT/<id> and are then copied to the
storage, a folder or an S3-compatible store, under the names that `storage.stored_names` returns:

| state      | row                           | bytes are in           | moved on by             | after a crash       |
|------------|-------------------------------|------------------------|-------------------------|---------------------|
| uploading  | ready_at null                 | <id>                   | uploads/receiver.py     | the client resumes  |
| inspecting | the same                      | <id>, <id>.made/       | sandbox/inspector.py    | inspected again     |
| storing    | ready_at null, is_placed true | <id>, partly storage   | uploads/actions.py      | stored again        |
| ready      | ready_at set, message null    | storage                | claims.py, when posting | can still be posted |
| posted     | ready_at set, message set     | storage                | cleanup.py, on deletion | stays posted        |
| discarded  | none; names in DiscardedFile  | storage, until deleted | cleanup.py              | the sweeper deletes |

The model's query sets are named after them: `unfinished` (the first three), `ready`, `unposted` and `posted`. A client
that asks for the offset of a complete file has it inspected and stored again. uploads/sweeper.py deletes unposted
attachments without activity for a day, uploads without a byte after an hour, and files in UPLOAD_ROOT that belong to no
unfinished upload.
"""
