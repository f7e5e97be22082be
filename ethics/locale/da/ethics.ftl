# Kontrol af loggen
verify-ok = Alt passer: { $size } poster er kontrolleret, og ingen er ændret.
verify-bad = Loggen passer ikke. Den første post, man ikke længere kan stole på, er nr. { $first_bad }.
verify-entry_missing = Posten mangler.
verify-entry_changed = Postens indhold er ændret.
verify-entry_replaced = Posten er skrevet af nogen uden loggens nøgle.
verify-payload_missing = Postens forseglede indhold mangler.
verify-payload_changed = Postens forseglede indhold er ændret.
verify-payload_extra = Der ligger forseglet indhold, som ingen post kender til.
verify-node_changed = En knude i træet er ændret.
verify-node_missing = En knude i træet mangler.
verify-node_extra = Der er knuder i træet, som ingen post forklarer.
verify-checkpoint_changed = Et kontrolpunkt er ændret.
verify-checkpoint_signature = Underskriften på et kontrolpunkt er ikke gyldig.
verify-checkpoint_root = En post er udskiftet, så træet ikke længere har den underskrevne rod.
verify-checkpoint_missing = Det nyeste kontrolpunkt mangler.
verify-entries_missing = Loggen er kortere, end dens kontrolpunkt siger.
verify-rolled_back = Loggen er skåret tilbage i forhold til et kontrolpunkt, der er gemt udenfor.
verify-forked = Loggen fortæller en anden historie end den, der blev underskrevet.
verify-outside_signature = Kontrolpunktet udefra hører ikke til denne log eller kan ikke læses.
verify-proof_failed = Kvitteringens post står ikke i den log, der blev underskrevet.
verify-file_damaged = Filen er beskadiget.

# Hjemmel
basis-basis = Der er hjemmel: { $basis }.
basis-blocked_purpose = Formålet er spærret. Assistenten bruges aldrig til det, og forsøget er logget.
basis-unknown_purpose = Formålet er ikke registreret.
basis-no_basis = Der er ingen registreret hjemmel til at læse feltet.
basis-not_established = Hjemlen { $basis } er ikke fastslået af kommunen.
basis-not_in_force = Hjemlen { $basis } gælder ikke på datoen.
basis-other_role = Hjemlen { $basis } gælder ikke for rollen.

# Registret over etiske spørgsmål
figure-none = Der er endnu ingen poster, der kan svare på det.
figure-n = Bygger på { $n } poster.
figure-held_back = { $count } er for få til at vises.
figure-hits = Antal
figure-total = I alt
figure-rest = Øvrige enheder
raised-B = borger
raised-P = pårørende
raised-S = sagsbehandler
raised-L = leder
raised-U = politisk udvalg
raised-BR = borgerrådgiver
raised-DPO = databeskyttelsesrådgiver
raised-AR = ældreråd og handicapråd
raised-TR = tillidsrepræsentant
raised-M = medier

# Offentlige registre
record-blank = [SKAL UDFYLDES AF ET MENNESKE: { $ask }]
