"""Resumable uploads, tus 1.0.0 (https://tus.io/protocols/resumable-upload, platform
contract, section 5), for every app: what a finished upload becomes is its purpose's to say.

| room | duty |
|---|---|
| `purposes` | the base class of what an upload is for; `own_purposes` are core's |
| `services`, `selectors` | begin, note, finish, end; find |
| `finishing` | whole bytes become the thing they are for |
| `parts` | the files, their locks, nothing of the database |
| `inflow`, `streaming` | from the wire to the file while the request still runs |
| `asgi` | the layer that keeps Django from spooling those bodies first |
| `upkeep` | what killed processes and lost clients leave behind |
"""
