"""`flask --app app whatsapp ...`; imports messaging, storage and integrations."""
