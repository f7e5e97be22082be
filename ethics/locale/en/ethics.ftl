# Checking the log
verify-ok = Everything fits: { $size } entries were checked, and none was changed.
verify-bad = The log does not fit. The first entry that can no longer be trusted is no. { $first_bad }.
verify-entry_missing = The entry is missing.
verify-entry_changed = The content of the entry was changed.
verify-entry_replaced = The entry was written by someone without the log's key.
verify-payload_missing = The sealed content of the entry is missing.
verify-payload_changed = The sealed content of the entry was changed.
verify-payload_extra = There is sealed content that no entry knows of.
verify-node_changed = A node of the tree was changed.
verify-node_missing = A node of the tree is missing.
verify-node_extra = There are tree nodes that no entry accounts for.
verify-checkpoint_changed = A checkpoint was changed.
verify-checkpoint_signature = The signature of a checkpoint is not valid.
verify-checkpoint_root = An entry was replaced, so that the tree lacks the signed root.
verify-checkpoint_missing = The newest checkpoint is missing.
verify-entries_missing = The log is shorter than its checkpoint says.
verify-rolled_back = The log was cut back, compared with a checkpoint kept outside.
verify-forked = The log tells another history than the one that was signed.
verify-outside_signature = The checkpoint from outside is not of this log, or cannot be read.
verify-proof_failed = The entry of the receipt does not stand in the log that was signed.
verify-file_damaged = The file is damaged.

# Legal basis
basis-basis = There is a legal basis: { $basis }.
basis-blocked_purpose = The purpose is blocked. The assistant is never used for it, and the attempt was logged.
basis-unknown_purpose = The purpose is not registered.
basis-no_basis = There is no registered legal basis for reading the field.
basis-not_established = The legal basis { $basis } was not established by the municipality.
basis-not_in_force = The legal basis { $basis } is not in force on the date.
basis-other_role = The legal basis { $basis } does not hold for the role.

# The register of ethical questions
figure-none = There are no entries yet that could answer this.
figure-n = Rests on { $n } entries.
figure-held_back = { $count } are too few to be shown.
figure-hits = Number
figure-total = In all
figure-rest = Other units
raised-B = citizen
raised-P = relative
raised-S = caseworker
raised-L = manager
raised-U = political committee
raised-BR = citizens' adviser
raised-DPO = data protection officer
raised-AR = councils of elders and disabled people
raised-TR = union representative
raised-M = media

# Public records
record-blank = [TO BE FILLED IN BY A PERSON: { $ask }]
