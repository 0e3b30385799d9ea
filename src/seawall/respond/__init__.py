"""What follows from signals: incidents, messages to people, the life of a Plan. State is a fold over entries; nothing is read, modified and written back."""
