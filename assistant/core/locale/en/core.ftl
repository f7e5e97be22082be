eligibility-eligible = The rules open this pathway
eligibility-undetermined = Something is still unknown
eligibility-not_eligible = The rules do not open this pathway
eligibility-blocked = Blocked
