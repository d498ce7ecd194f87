"""The operators' window: what people of the business look at all day."""
