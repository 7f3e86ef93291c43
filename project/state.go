package project

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/jsonerr"
)

// state is what a later run of the same folder needs to know.
type state struct {
	Version string  `json:"version"`
	Seconds float64 `json:"seconds"`        // of work so far
	PeakRSS int64   `json:"peak_rss_bytes"` // the most so far
	// Phases by name.
	Phases map[string]phaseState `json:"phases"`
}

// phaseState says what a phase was made from.
type phaseState struct {
	// Identity of all that the result depends on. Another one means that the result is out of date.
	Identity string `json:"identity"`
	// Detail is what may change without making the result wrong: files that a source has gained,
	// say. The phase is done again on top of what is there.
	Detail string `json:"detail,omitempty"`
	// Steps of a training. More of them extend it.
	Steps int  `json:"steps,omitempty"`
	Done  bool `json:"done"`
}

// readState reads the state of a project folder; a folder without one has done nothing yet.
func readState(dir string) (state, error) {
	s := state{Phases: map[string]phaseState{}}
	path := filepath.Join(dir, stateFile)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if err := jsonerr.Explain(json.Unmarshal(content, &s)); err != nil {
		return s, fmt.Errorf("reading %s: %w", path, err)
	}
	if s.Phases == nil {
		s.Phases = map[string]phaseState{}
	}
	return s, nil
}

// save writes the state, with the time since the last save added.
func (r *runner) save() error {
	now := time.Now()
	r.state.Seconds += now.Sub(r.began).Seconds()
	r.began = now
	r.state.PeakRSS = max(r.state.PeakRSS, peakRSS())
	return writeJSON(r.path(stateFile), r.state)
}

func writeJSON(path string, v any) error {
	content, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, append(content, '\n'))
}

// setAside moves results that are out of date below previous/, where they stay until a person
// removes them. Names that are not there are passed over.
func (r *runner) setAside(names []string) (to string, err error) {
	for _, name := range names {
		if _, err := os.Lstat(r.path(name)); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if to == "" {
			if to, err = r.freePrevious(names); err != nil {
				return "", err
			}
		}
		if err := os.Rename(r.path(name), filepath.Join(to, name)); err != nil {
			return "", fmt.Errorf("setting %s aside: %w", name, err)
		}
	}
	return to, nil
}

// freePrevious makes the first numbered folder below previous/ that has none of the names.
func (r *runner) freePrevious(names []string) (string, error) {
	for n := 1; ; n++ {
		dir := r.path(previousFolder, strconv.Itoa(n))
		free := true
		for _, name := range names {
			if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
				free = false
			}
		}
		if free {
			return dir, os.MkdirAll(dir, 0o755)
		}
	}
}
