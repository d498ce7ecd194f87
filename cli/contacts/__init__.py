"""Commands about one person: show, export and erase them."""
