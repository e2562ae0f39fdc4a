"""Files attached to messages.

An attachment is a row of `messaging.models.Attachment`. Its data is received in UPLOAD_ROOT/<id> and then copied to the
storage, a folder or an S3-compatible store, under the names returned by `storage.stored_names`:

| state      | row                           | bytes are in           | moved on by             | after a crash       |
|------------|-------------------------------|------------------------|-------------------------|---------------------|
| uploading  | ready_at null                 | <id>                   | uploads/receiver.py     | the client resumes  |
| inspecting | the same                      | <id>, <id>.made/       | sandbox/inspector.py    | inspected again     |
| storing    | ready_at null, is_placed true | <id>, partly storage   | uploads/actions.py      | stored again        |
| ready      | ready_at set, message null    | storage                | claims.py, when posting | can still be posted |
| posted     | ready_at set, message set     | storage                | cleanup.py, on deletion | stays posted        |
| discarded  | none; names in DiscardedFile  | storage, until deleted | cleanup.py              | the sweeper deletes |

The model's querysets are named after these states: `unfinished` (the first three), `ready`, `unposted` and `posted`.
When a client asks for the offset of a complete file, the file is inspected and stored again. uploads/sweeper.py deletes
unposted attachments after a day without activity, uploads without any data after an hour, and files in UPLOAD_ROOT that
belong to no unfinished upload.
"""
