"""One module a page: parses the request, queries storage, renders; imports what dashboard may."""
