package benchmarks

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/internal/atomicfile"
)

// ScoreInto calls score with the options, which it completes with [Options.Scored], and writes
// [ResultFile] and [ScoredFile] into a folder, which it makes. A folder with a result file has both
// files of the same evaluation, even if the process is killed. Without a folder it only scores.
func ScoreInto(dir string, o Options, score func(Options) (*Result, error)) (*Result, error) {
	if dir == "" {
		return score(o)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	scored, err := atomicfile.Create(filepath.Join(dir, ScoredFile))
	if err != nil {
		return nil, err
	}
	defer scored.Abort()
	o.Scored = scored
	result, err := score(o)
	if err != nil {
		return nil, err
	}
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(result); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, ResultFile)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := scored.Commit(); err != nil {
		return nil, err
	}
	return result, atomicfile.WriteBytes(path, content.Bytes())
}
