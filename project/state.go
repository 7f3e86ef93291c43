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

// state is the content of state.json, by which a later run of the same folder resumes.
type state struct {
	Version string  `json:"version"`
	Seconds float64 `json:"seconds"`        // total time of work so far
	PeakRSS int64   `json:"peak_rss_bytes"` // highest so far
	// Phases by name.
	Phases map[string]phaseState `json:"phases"`
}

// phaseState identifies the inputs of a phase's result.
type phaseState struct {
	// Identity is a hash of everything that the result depends on. If it changes, the result is
	// outdated.
	Identity string `json:"identity"`
	// Detail is a hash of inputs that may grow, such as the files of a source. If only it changes,
	// the phase runs again on top of its result.
	Detail string `json:"detail,omitempty"`
	// Steps of a training run. More steps extend it.
	Steps int  `json:"steps,omitempty"`
	Done  bool `json:"done"`
}

// readState reads the state of a project folder. Without a file no phase is done.
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

// save adds the time since the last save and writes the state.
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

// setAside moves outdated results below previous/, where they stay until the user removes them. It
// skips names that do not exist.
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

// freePrevious creates the first numbered folder below previous/ that has none of the names.
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
