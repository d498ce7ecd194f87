"""One module a page: parses the request, asks storage, renders; imports what dashboard may."""
