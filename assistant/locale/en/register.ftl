register-stamp = Draft written by the program on { $date } in mode { $mode }. Rules { $rules }; the log has { $size } entries. { $blanks } places must be filled in by a person.
