package mixture

// target returns a target as the task writes it.
func (t *Task) target(text string) string {
	if !t.Lower {
		return text
	}
	lower := []byte(text)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return string(lower)
}
