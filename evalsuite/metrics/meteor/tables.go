package meteor

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Files below the folder of tables.
const (
	jarFile         = "meteor-1.5.jar"
	paraphrasesFile = "data/paraphrase-en.gz"
)

// tables are METEOR's tables for English.
type tables struct {
	functionWords map[string]bool
	prefixes      map[string]bool     // abbreviations; true: before numbers only
	bases         map[string][]string // irregular forms
	synsets       map[string][]int32  // WordNet's sets of synonyms, by word
	paraphrases   string              // path
}

// maxTable bounds each table in the jar; the largest has 3.7 MB.
const maxTable = 64 << 20

// openTables reads the tables in the jar, and checks that the paraphrases are there.
func openTables(dir string) (*tables, error) {
	path := filepath.Join(dir, jarFile)
	jar, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("%w; the folder must hold %s and %s", err, jarFile, paraphrasesFile)
	}
	defer jar.Close()
	t := &tables{
		functionWords: map[string]bool{}, prefixes: map[string]bool{}, bases: map[string][]string{}, synsets: map[string][]int32{},
		paraphrases: filepath.Join(dir, filepath.FromSlash(paraphrasesFile)),
	}
	for name, read := range map[string]func(*bufio.Scanner) error{
		"function/english.words":       t.readFunctionWords,
		"nonbreaking/english.prefixes": t.readPrefixes,
		"synonym/english.exceptions":   t.readBases,
		"synonym/english.synsets":      t.readSynsets,
	} {
		if err := readTable(&jar.Reader, name, read); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, name, err)
		}
	}
	_, err = os.Stat(t.paraphrases)
	return t, err
}

func readTable(jar *zip.Reader, name string, read func(*bufio.Scanner) error) error {
	file, err := jar.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	limited := &io.LimitedReader{R: file, N: maxTable}
	lines := bufio.NewScanner(limited)
	lines.Buffer(nil, 1<<20)
	if err := read(lines); err != nil {
		return err
	}
	if limited.N == 0 {
		return fmt.Errorf("it has more than %d bytes", maxTable)
	}
	return lines.Err()
}

func (t *tables) readFunctionWords(lines *bufio.Scanner) error {
	for lines.Scan() {
		t.functionWords[lines.Text()] = true
	}
	return nil
}

func (t *tables) readPrefixes(lines *bufio.Scanner) error {
	for lines.Scan() {
		fields := strings.FieldsFunc(lines.Text(), isDelimiter)
		if len(fields) > 0 && !strings.HasPrefix(fields[0], "#") {
			t.prefixes[fields[0]] = len(fields) > 1 && fields[1] == "#NUMERIC_ONLY#"
		}
	}
	return nil
}

// readBases reads pairs of lines: a word, and its irregular forms.
func (t *tables) readBases(lines *bufio.Scanner) error {
	for lines.Scan() {
		base := lines.Text()
		if !lines.Scan() {
			return errors.New("the forms of the last word are missing")
		}
		for _, form := range strings.FieldsFunc(lines.Text(), isDelimiter) {
			t.bases[form] = append(t.bases[form], base)
		}
	}
	return nil
}

// readSynsets reads pairs of lines: a word, and the numbers of its sets of synonyms.
func (t *tables) readSynsets(lines *bufio.Scanner) error {
	for lines.Scan() {
		word := lines.Text()
		if !lines.Scan() {
			return errors.New("the sets of the last word are missing")
		}
		var sets []int32
		for _, field := range strings.FieldsFunc(lines.Text(), isDelimiter) {
			set, err := strconv.ParseInt(field, 10, 32)
			if err != nil {
				return fmt.Errorf("%s: %w", word, err)
			}
			sets = append(sets, int32(set))
		}
		t.synsets[word] = sets
	}
	return nil
}

// synonyms returns the sets of synonyms of a word and of its base forms.
func (t *tables) synonyms(word string) map[int32]bool {
	sets := map[int32]bool{}
	add := func(word string) {
		for _, set := range t.synsets[word] {
			sets[set] = true
		}
	}
	add(word)
	bases, irregular := t.bases[word]
	if !irregular {
		bases = []string{t.base(word)}
	}
	for _, base := range bases {
		add(base)
	}
	return sets
}

// endings are WordNet's rules of inflection, of nouns, verbs and adjectives: an ending and what
// replaces it.
var endings = [][2]string{
	{"s", ""}, {"ses", "s"}, {"xes", "x"}, {"zes", "z"}, {"ches", "ch"}, {"shes", "sh"}, {"men", "man"}, {"ies", "y"},
	{"s", ""}, {"ies", "y"}, {"es", "e"}, {"es", ""}, {"ed", "e"}, {"ed", ""}, {"ing", "e"}, {"ing", ""},
	{"er", ""}, {"est", ""}, {"er", "e"}, {"est", "e"},
}

// base returns the first base form that has synonyms, or "". As in METEOR, that of a word in "ful"
// gets this ending a second time.
func (t *tables) base(word string) string {
	if strings.HasSuffix(word, "ss") || utf16Length(word) <= 2 {
		return ""
	}
	for _, ending := range endings {
		stem, ok := strings.CutSuffix(word, ending[0])
		if !ok {
			continue
		}
		base := stem + ending[1]
		if _, known := t.synsets[base]; !known {
			continue
		}
		if strings.HasSuffix(word, "ful") {
			base += "ful"
		}
		return base
	}
	return ""
}
