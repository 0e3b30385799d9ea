"""Rules become SQL, run over slices of the ledger, and give signals with ids that do not depend on when they ran."""
