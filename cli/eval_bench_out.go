package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/internal/atomicfile"
)

// scoreInto scores a benchmark and writes result.json and scored.jsonl into a folder, which it
// makes. Without a folder it writes nothing. A folder with a result.json has both files of the same
// evaluation.
func scoreInto(ctx context.Context, dir string, bench *benchmarks.Benchmark, f benchmarks.Files, o benchmarks.Options) (*benchmarks.Result, error) {
	if dir == "" {
		return bench.Score(ctx, f, o)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	scored, err := atomicfile.Create(filepath.Join(dir, benchmarks.ScoredFile))
	if err != nil {
		return nil, err
	}
	defer scored.Abort()
	o.Scored = scored
	result, err := bench.Score(ctx, f, o)
	if err != nil {
		return nil, err
	}
	content, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, benchmarks.ResultFile)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := scored.Commit(); err != nil {
		return nil, err
	}
	return result, atomicfile.WriteBytes(path, append(content, '\n'))
}
