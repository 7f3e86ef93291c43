package mixture

import "maps"

// skip notes a sample that cannot be used.
func (s *Stream) skip(task string, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skipped[task+": "+why.Error()] = why.Error()
}

// Skipped returns the samples that could not be used so far, with the reason. Each was replaced by
// another sample.
func (s *Stream) Skipped() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.skipped)
}
