eligibility-eligible = Reglerne åbner for forløbet
eligibility-undetermined = Vi mangler at vide noget
eligibility-not_eligible = Reglerne åbner ikke for forløbet
eligibility-blocked = Spærret
