register-stamp = Kladde skrevet af programmet den { $date } i tilstanden { $mode }. Regler { $rules }; loggen har { $size } poster. { $blanks } steder skal udfyldes af et menneske.
