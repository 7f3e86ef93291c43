package evalsuite

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/shards"
)

// answerCache is a folder of answers that runs share. It has a file for each first byte of the
// keys; a line holds a key, an answer and a checksum. Lines are appended in one write each, so
// several processes may use the folder at a time.
type answerCache struct {
	dir   string
	files map[string]*os.File // that are appended to, by name
	used  CacheUse
}

// CacheUse says what a run took from the cache and added to it.
type CacheUse struct {
	Dir   string `json:"dir"`
	Found int    `json:"found"`
	Added int    `json:"added"`
	// Damaged lines are left out, and their answers are computed again.
	Damaged int   `json:"damaged"`
	Bytes   int64 `json:"bytes"` // of the whole folder
}

// cachedAnswer is an answer in the cache.
type cachedAnswer struct {
	Raw          string       `json:"raw"`
	Score        *float64     `json:"score,omitempty"`
	Alternatives []RankedText `json:"alternatives,omitempty"`
	Failure      string       `json:"failure,omitempty"` // a refusal
	Error        string       `json:"error,omitempty"`
}

// cacheLine is a line of the cache.
type cacheLine struct {
	Key    string          `json:"key"`
	SHA256 string          `json:"sha256"` // of the key and the answer
	Answer json.RawMessage `json:"answer"`
}

func (l *cacheLine) checksum() string { return shards.Hash(append([]byte(l.Key), l.Answer...)) }

func openAnswerCache(dir string) (*answerCache, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("the cache: %w", err)
	}
	return &answerCache{dir: dir, files: map[string]*os.File{}, used: CacheUse{Dir: dir}}, nil
}

// cacheKey returns the key of a question's answer: a hash of all that the answer depends on.
func (r *benchmarkRun) cacheKey(n int) (string, error) {
	q := &r.questions[n]
	all, err := json.Marshal([]any{1, r.manifest.Revision, q.hashes, q.prompt, r.Decoding, r.Identity})
	hash := sha256.Sum256(all)
	return hex.EncodeToString(hash[:]), err
}

// takeCached takes the answers that the cache holds.
func (r *benchmarkRun) takeCached() error {
	if r.cache == nil {
		return nil
	}
	wanted := map[string][]int{}
	for _, group := range r.queue() {
		key, err := r.cacheKey(group[0])
		if err != nil {
			return err
		}
		wanted[key] = group
	}
	found, err := r.cache.find(wanted)
	if err != nil {
		return err
	}
	if n := r.cache.used.Damaged; n > 0 {
		r.Warn(fmt.Sprintf("%d lines of the cache %s are damaged and left out", n, r.cache.dir))
	}
	for _, group := range r.queue() { // in the order of the questions
		key, err := r.cacheKey(group[0])
		if err != nil {
			return err
		}
		a, ok := found[key]
		if !ok {
			continue
		}
		r.done.Cached++
		r.done.Copied += len(group) - 1
		p := Prediction{Raw: a.Raw, Score: a.Score, Alternatives: a.Alternatives, Failure: a.Failure, Error: a.Error}
		if err := r.keep(group, p, nil); err != nil {
			return err
		}
	}
	return nil
}

// cacheAnswer adds an answer to the cache. Errors and timeouts are no answers.
func (r *benchmarkRun) cacheAnswer(n int, p *Prediction) error {
	if r.cache == nil || p.Failure != "" && p.Failure != benchmarks.Refused {
		return nil
	}
	key, err := r.cacheKey(n)
	if err != nil {
		return err
	}
	return r.cache.add(key, &cachedAnswer{Raw: p.Raw, Score: p.Score, Alternatives: p.Alternatives, Failure: p.Failure, Error: p.Error})
}

func (c *answerCache) file(key string) string {
	return filepath.Join(c.dir, "answers-"+key[:2]+".jsonl")
}

// find returns the answers to the wanted keys that the cache holds, the first of each.
func (c *answerCache) find(wanted map[string][]int) (map[string]cachedAnswer, error) {
	found, files := map[string]cachedAnswer{}, map[string]bool{}
	for key := range wanted {
		files[c.file(key)] = true
	}
	for path := range files {
		half, err := eachCacheLine(path, func(line []byte) {
			answer, key, err := readCacheLine(line)
			if err != nil {
				c.used.Damaged++
			} else if _, twice := found[key]; wanted[key] != nil && !twice {
				found[key] = answer
			}
		})
		if err != nil {
			return nil, fmt.Errorf("reading the cache: %w", err)
		}
		if half > 0 {
			c.used.Damaged++
		}
	}
	c.used.Found = len(found)
	return found, nil
}

// eachCacheLine calls do with the lines of a file. A line that is too long ends it, as damage does.
func eachCacheLine(path string, do func(line []byte)) (half int, err error) {
	half, err = eachLine(path, func(_ int, line []byte) error { do(line); return nil })
	if errors.Is(err, errLongLine) {
		return 1, nil
	}
	return half, err
}

// readCacheLine reads a line and checks it.
func readCacheLine(line []byte) (answer cachedAnswer, key string, err error) {
	var l cacheLine
	if err := json.Unmarshal(line, &l); err != nil {
		return answer, "", err
	}
	if l.checksum() != l.SHA256 {
		return answer, "", errors.New("the checksum is another one")
	}
	return answer, l.Key, json.Unmarshal(l.Answer, &answer)
}

// add appends an answer. It begins with an end of line, which ends what a killed process left.
func (c *answerCache) add(key string, answer *cachedAnswer) error {
	content, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	l := cacheLine{Key: key, Answer: content}
	l.SHA256 = l.checksum()
	line, err := json.Marshal(&l)
	if err != nil {
		return err
	}
	path := c.file(key)
	file := c.files[path]
	if file == nil {
		if file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644); err != nil {
			return fmt.Errorf("the cache: %w", err)
		}
		c.files[path] = file
	}
	if _, err := file.Write(append(append([]byte{'\n'}, line...), '\n')); err != nil {
		return fmt.Errorf("writing to the cache: %w", err)
	}
	c.used.Added++
	return nil
}

// use returns what was used, with the size of the folder.
func (c *answerCache) use() *CacheUse {
	c.used.Bytes = 0
	filepath.WalkDir(c.dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // it may have vanished
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			c.used.Bytes += info.Size()
		}
		return nil
	})
	return &c.used
}

// close ends the use of the cache; that of nil does nothing.
func (c *answerCache) close() error {
	if c == nil {
		return nil
	}
	var all []error
	for _, file := range c.files {
		all = append(all, file.Close())
	}
	return errors.Join(all...)
}
