package wups

import (
	"archive/zip"
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/internal/jsonerr"
)

// folder is the path of a folder of tables.
type folder string

// below are the folders in which a file is looked for, and archives of NLTK's data, whose members
// are in a folder of the archive's name.
var below = []string{".", "dict", "corpora/wordnet", "taggers/averaged_perceptron_tagger_eng", "tokenizers/punkt_tab/english"}

var archives = []string{"corpora/wordnet.zip", "taggers/averaged_perceptron_tagger_eng.zip", "tokenizers/punkt_tab.zip"}

// maxFile bounds each file; the largest of WordNet 3.0 has 15.3 MB.
const maxFile = 256 << 20

// read opens the file of the name and passes it on. Errors name the file.
func (d folder) read(name string, read func(io.Reader) error) error {
	file, where, err := d.open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	limited := &io.LimitedReader{R: file, N: maxFile}
	if err = read(limited); err == nil && limited.N == 0 {
		err = fmt.Errorf("it has more than %d bytes", maxFile)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	return nil
}

// open opens the first file of the name.
func (d folder) open(name string) (file io.ReadCloser, where string, err error) {
	for _, sub := range below {
		where = filepath.Join(string(d), filepath.FromSlash(sub), name)
		if file, err := os.Open(where); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return file, where, err
		}
	}
	for _, archive := range archives {
		where = filepath.Join(string(d), filepath.FromSlash(archive))
		if file, err := openMember(where, name); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return file, where + ": " + name, err
		}
	}
	return nil, "", fmt.Errorf("%s has no %s: the folder must hold WordNet 3.0 (corpora/wordnet, or its folder dict), "+
		"taggers/averaged_perceptron_tagger_eng and tokenizers/punkt_tab, which nltk.download(...) fetches", string(d), name)
}

// member is a file in an archive, which closes with it.
type member struct {
	io.ReadCloser
	archive io.Closer
}

func (m member) Close() error { return errors.Join(m.ReadCloser.Close(), m.archive.Close()) }

// openMember opens the file of the name in an archive, in whichever folder it is.
func openMember(archive, name string) (io.ReadCloser, error) {
	reader, err := zip.OpenReader(archive)
	if err != nil {
		return nil, err
	}
	folder := strings.TrimSuffix(filepath.Base(archive), ".zip")
	for _, sub := range []string{folder, path.Join(folder, "english")} {
		if file, err := reader.Open(path.Join(sub, name)); err == nil {
			return member{file, reader}, nil
		}
	}
	return nil, errors.Join(fs.ErrNotExist, reader.Close())
}

// eachLine reads a file by lines, without their ends. Errors name the line.
func (d folder) eachLine(name string, line func(text string) error) error {
	return d.read(name, func(r io.Reader) error {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, 1<<20)
		for n := 1; lines.Scan(); n++ {
			if err := line(lines.Text()); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
		return lines.Err()
	})
}

// json reads a JSON file.
func (d folder) json(name string, into any) error {
	return d.read(name, func(r io.Reader) error {
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		return jsonerr.Explain(json.Unmarshal(data, into))
	})
}
