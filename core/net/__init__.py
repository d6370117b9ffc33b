"""The one way out: HTTP to addresses that were checked, and to those alone.

`urls.check_url` judges an address by its text, `clients.client` connects to nothing that
`addresses` refuses, `fetching.fetch_to` brings one file. No Django; nothing is imported here,
since settings read `addresses` and httpx is large.
"""
