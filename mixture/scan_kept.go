package mixture

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/shards"
)

// This file keeps what a scan found for a task, so that opening the recipe again is quick. A file
// of a folder holds one task's samples:
//
//	sha256 of all that follows, 32 bytes
//	a line of JSON: keptSource
//	runs of rows as pairs of varints: rows left out, rows taken
//	with neighbours, the numbers of the samples in the order of their keys, as varints
//
// Its name is a hash of the dataset's parts, of what the task asks for, and of the program, whose
// kinds say which samples they can use. A file that is damaged or missing costs a scan.

// keptRows is the number of rows from which a scan is kept.
const keptRows = 1 << 20

// keptSource is the head of a kept scan.
type keptSource struct {
	Size      int            `json:"size"` // samples
	Runs      int            `json:"runs"`
	Sorted    bool           `json:"sorted,omitempty"`
	Labels    Labels         `json:"labels"`
	Languages map[string]int `json:"languages"`
}

// scanKeeper keeps scans in a folder. The zero value keeps none.
type scanKeeper struct {
	folder  string
	program func() string // hash of the running program
	rows    int           // of the smallest dataset whose scan is kept
}

func newScanKeeper(o Options) scanKeeper {
	k := scanKeeper{folder: o.ScanFolder, program: sync.OnceValue(hashOfProgram), rows: o.keptRows}
	if k.rows == 0 {
		k.rows = keptRows
	}
	return k
}

// keeps reports whether the scan of a dataset is kept.
func (k *scanKeeper) keeps(d *shards.Dataset) bool {
	return k.folder != "" && d.Len() >= k.rows && k.program() != ""
}

// hashOfProgram returns the hash of the running program, "" if it cannot be read.
func hashOfProgram() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, f); err != nil {
		return ""
	}
	return hex.EncodeToString(digest.Sum(nil))
}

// path returns the file of a task's scan.
func (k *scanKeeper) path(f *finder, d *shards.Dataset) (string, error) {
	t := *f.Task
	// These choose no sample.
	t.Name, t.Weight, t.Data, t.Prompt, t.Denoisers, t.DenoiserList, t.Modes, t.Lower = "", 0, "", "", "", nil, false, false
	task, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	digest := sha256.New()
	fmt.Fprintf(digest, "%s\n%s\n%q\n", k.program(), task, f.columns())
	for _, part := range d.Manifest().Files {
		fmt.Fprintf(digest, "%d %s\n", part.Rows, part.SHA256)
	}
	return filepath.Join(k.folder, "scan-"+hex.EncodeToString(digest.Sum(nil))[:32]), nil
}

// load makes the task's source of a kept scan, and reports whether there is one.
func (k *scanKeeper) load(f *finder, d *shards.Dataset) bool {
	if f.BalanceLanguages != nil {
		return false // rows by language are not kept
	}
	path, err := k.path(f, d)
	if err != nil {
		return false
	}
	content, err := os.ReadFile(path)
	if err != nil || len(content) < sha256.Size {
		return false
	}
	sum := sha256.Sum256(content[sha256.Size:])
	if !bytes.Equal(sum[:], content[:sha256.Size]) {
		return false
	}
	found, err := readKept(content[sha256.Size:], d.Len())
	if err != nil {
		return false
	}
	f.rows, f.languages, f.kept = found.rows, found.head.Languages, found
	return true
}

// keptScan is a kept scan in memory.
type keptScan struct {
	head   keptSource
	rows   rowSetBuilder
	sorted []int
}

var errKept = errors.New("not a kept scan")

// readKept reads a kept scan of a dataset with a number of rows.
func readKept(content []byte, rows int) (*keptScan, error) {
	head, rest, ok := bytes.Cut(content, []byte("\n"))
	k := &keptScan{}
	if err := json.Unmarshal(head, &k.head); !ok || err != nil {
		return nil, errKept
	}
	r := bytes.NewReader(rest)
	row := 0
	for range k.head.Runs {
		gap, err1 := binary.ReadUvarint(r)
		n, err2 := binary.ReadUvarint(r)
		if err1 != nil || err2 != nil || gap > uint64(rows-row) || n > uint64(rows-row)-gap {
			return nil, errKept
		}
		row += int(gap)
		for range n {
			k.rows.add(row)
			row++
		}
	}
	if k.rows.count() != k.head.Size {
		return nil, errKept
	}
	if k.head.Sorted {
		k.sorted = make([]int, k.head.Size)
		for i := range k.sorted {
			n, err := binary.ReadUvarint(r)
			if err != nil || n >= uint64(k.head.Size) {
				return nil, errKept
			}
			k.sorted[i] = int(n)
		}
	}
	return k, nil
}

// save keeps the scan of a task that can use samples.
func (k *scanKeeper) save(f *finder, d *shards.Dataset) error {
	s := f.source
	path, err := k.path(f, d)
	if err != nil || s == nil || f.BalanceLanguages != nil {
		return err
	}
	var content bytes.Buffer
	runs := 0
	s.rows.runs(func(int, int) { runs++ })
	head, err := json.Marshal(keptSource{s.len(), runs, s.sorted != nil, s.labels, s.languages})
	if err != nil {
		return err
	}
	content.Write(head)
	content.WriteByte('\n')
	w := bufio.NewWriter(&content)
	end := 0
	varint := func(n int) { w.Write(binary.AppendUvarint(w.AvailableBuffer(), uint64(n))) }
	s.rows.runs(func(first, n int) {
		varint(first - end)
		varint(n)
		end = first + n
	})
	for _, n := range s.sorted {
		varint(n)
	}
	w.Flush()
	sum := sha256.Sum256(content.Bytes())
	if err := os.MkdirAll(k.folder, 0o755); err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, append(sum[:], content.Bytes()...))
}
