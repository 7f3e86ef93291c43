package ingest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/shards"
)

// ErrOtherRun is wrapped by the error of a run into a dataset in which another run was interrupted.
var ErrOtherRun = errors.New("another ingestion was interrupted here")

// journal is the file from which an interrupted run resumes: one JSON object a line, each synced
// before what depends on it. A last line that is cut short counts as not written.
type journal struct {
	file  *os.File
	begun string // the part being written
}

// line is one line of the journal.
type line struct {
	Source      string           `json:"source,omitempty"`      // the first line: what is ingested
	Fingerprint string           `json:"fingerprint,omitempty"` // and its state
	Commits     int              `json:"commits,omitempty"`     // commits the dataset had before
	Begin       string           `json:"begin,omitempty"`       // the part about to be written: its file may be overwritten
	Replaced    []string         `json:"replaced,omitempty"`    // parts that the commit removes: their files are deleted after it
	Parts       []shards.File    `json:"parts,omitempty"`       // parts that are finished
	Consumed    int64            `json:"consumed,omitempty"`    // records consumed so far
	Stat        *shards.Stat     `json:"stat,omitempty"`        // of the run so far
	Rejects     int64            `json:"rejects,omitempty"`     // bytes of the rejects that the writer keeps
	Reasons     map[string]int64 `json:"reasons,omitempty"`     // of all rejects so far
}

// journalState is what a journal says.
type journalState struct {
	commits  int
	begun    []string // parts that are unfinished, or that replace others
	replaced []string
	parts    []shards.File
	consumed int64
	stat     shards.Stat
	rejects  int64
	reasons  map[string]int64
	fresh    bool // there was no journal
}

// openJournal opens dir's journal, or creates one if unclaimed returns nil: there is no
// work of another machine to resume. A fresh journal is always created.
func openJournal(dir string, head line, fresh bool, unclaimed func() error) (*journal, journalState, error) {
	path := filepath.Join(dir, shards.JournalName)
	if fresh {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, journalState{}, err
		}
	}
	first, state, size, err := readJournal(path)
	if err != nil {
		return nil, journalState{}, err
	}
	if first.Source != "" && (first.Source != head.Source || first.Fingerprint != head.Fingerprint) {
		return nil, journalState{}, fmt.Errorf("%w: %s; rerun that command, or discard its work with --fresh", ErrOtherRun, first.Source)
	}
	if first.Source == "" && !fresh {
		if err := unclaimed(); err != nil {
			return nil, journalState{}, err
		}
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, journalState{}, err
	}
	if err := file.Truncate(size); err != nil { // drops a line that is cut short
		file.Close()
		return nil, journalState{}, err
	}
	if _, err := file.Seek(size, 0); err != nil {
		file.Close()
		return nil, journalState{}, err
	}
	j := &journal{file: file}
	if n := len(state.begun); n > 0 {
		j.begun = state.begun[n-1]
	}
	if first.Source == "" {
		state.commits, state.fresh = head.Commits, true
		if err := j.write(head); err != nil {
			file.Close()
			return nil, journalState{}, err
		}
	}
	return j, state, nil
}

// readJournal returns a journal's first line, what it says, and the size of its whole lines.
func readJournal(path string) (first line, state journalState, size int64, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return line{}, journalState{}, 0, nil
	}
	if err != nil {
		return line{}, journalState{}, 0, err
	}
	defer file.Close()
	reader := bufio.NewReaderSize(file, 1<<20)
	for {
		content, err := reader.ReadBytes('\n')
		if err != nil {
			return first, state, size, nil // the end, or a line cut short
		}
		var l line
		if err := jsonerr.Explain(json.Unmarshal(content, &l)); err != nil {
			return line{}, journalState{}, 0, fmt.Errorf("reading %s at byte %d: %w", path, size, err)
		}
		if size == 0 {
			first, state.commits = l, l.Commits
		}
		size += int64(len(content))
		state.add(l)
	}
}

func (s *journalState) add(l line) {
	if l.Begin != "" {
		s.begun = append(s.begun, l.Begin)
	}
	if l.Replaced != nil {
		s.replaced = l.Replaced
	}
	if l.Stat == nil {
		return
	}
	for _, part := range l.Parts {
		s.begun = slices.DeleteFunc(s.begun, func(name string) bool { return name == part.Name })
	}
	s.parts = append(s.parts, l.Parts...)
	s.rejects, s.reasons = l.Rejects, l.Reasons
	s.consumed, s.stat = l.Consumed, *l.Stat
}

func (j *journal) write(l line) error {
	content, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(content, '\n')); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	return j.file.Sync()
}

// begin records that this run is about to write the part.
func (j *journal) begin(part string) error {
	j.begun = part
	return j.write(line{Begin: part})
}

// replaced records which parts the next commit removes from the dataset.
func (j *journal) replaced(parts []string) error { return j.write(line{Replaced: parts}) }

// progress records that the parts are finished, with the state of the run after them: records
// consumed, counts, and the bytes of the rejects.
func (j *journal) progress(parts []shards.File, consumed int64, stat shards.Stat, rejects int64, reasons map[string]int64) error {
	return j.write(line{Parts: parts, Consumed: consumed, Stat: &stat, Rejects: rejects, Reasons: reasons})
}

// remove ends the journal: its run is complete.
func (j *journal) remove() error {
	if err := os.Remove(j.file.Name()); err != nil {
		return fmt.Errorf("removing the journal: %w", err)
	}
	return nil
}

func (j *journal) close() { j.file.Close() }
