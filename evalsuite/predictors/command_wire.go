package predictors

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/shards"
)

// requestJSON is a request as the program reads it.
type requestJSON struct {
	ID           string   `json:"id"`
	Prompt       string   `json:"prompt"`
	Image        string   `json:"image,omitempty"`
	Images       []string `json:"images,omitzero"`
	ImageBase64  string   `json:"image_base64,omitempty"`
	ImagesBase64 []string `json:"images_base64,omitzero"`
	MaxTokens    int      `json:"max_tokens,omitempty"`
	Temperature  float64  `json:"temperature"`
	Seed         uint64   `json:"seed"`
}

// encode returns the line of a request. It writes the images to files unless they are sent.
func (r *commandRun) encode(one *request) ([]byte, error) {
	q := requestJSON{ID: one.id, Prompt: one.query.Prompt, MaxTokens: r.MaxTokens, Temperature: r.Temperature, Seed: r.Seed}
	if r.images == nil {
		q.ImagesBase64 = []string{}
		for i := range one.query.Images {
			q.ImagesBase64 = append(q.ImagesBase64, base64.StdEncoding.EncodeToString(one.query.Images[i].Bytes))
		}
		if len(q.ImagesBase64) > 0 {
			q.ImageBase64 = q.ImagesBase64[0]
		}
	} else {
		paths, err := r.images.take(one.query.Images)
		if err != nil {
			return nil, fmt.Errorf("writing an image for the command: %w", err)
		}
		if q.Images = paths; len(paths) > 0 {
			q.Image = paths[0]
		}
	}
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(q)
	return line.Bytes(), err
}

// replyJSON is a reply as the program writes it.
type replyJSON struct {
	ID      json.RawMessage  `json:"id"`
	Answer  json.RawMessage  `json:"answer"`
	Error   json.RawMessage  `json:"error"`
	Refusal json.RawMessage  `json:"refusal"`
	Score   *float64         `json:"score"`
	Finish  string           `json:"finish"`
	Usage   *evalsuite.Usage `json:"usage"`
}

// commandReply is a reply to a request.
type commandReply struct {
	evalsuite.Reply
	id string
}

// parseReply reads a reply. An error means that the line is none; what is wrong with a reply that
// has an id is in its Err.
func parseReply(line outputLine) (r commandReply, err error) {
	if line.long {
		return r, fmt.Errorf("the line is longer than %d bytes", maxLine)
	}
	var in replyJSON
	if err := jsonerr.Explain(json.Unmarshal(line.text, &in)); err != nil {
		return r, err
	}
	var number json.Number
	switch {
	case !given(in.ID):
		return r, errors.New(`no "id"`)
	case json.Unmarshal(in.ID, &r.id) == nil:
	case json.Unmarshal(in.ID, &number) == nil:
		r.id = number.String()
	default:
		return r, fmt.Errorf(`"id" is %s, neither a string nor a number`, shorten(string(in.ID), 100))
	}
	r.Finish, r.LogProbability = in.Finish, math.NaN()
	if in.Score != nil {
		r.LogProbability = *in.Score
	}
	if in.Usage != nil {
		r.Usage = evalsuite.Usage{Prompt: max(in.Usage.Prompt, 0), Completion: max(in.Usage.Completion, 0)}
	}
	r.Text, r.Err = in.answer()
	return r, nil
}

// answer returns the answer, or why there is none.
func (in *replyJSON) answer() (text string, err error) {
	if given(in.Error) && string(in.Error) != `""` && string(in.Error) != "false" {
		return "", fmt.Errorf("the command says: %s", shorten(textOf(in.Error), 1000))
	}
	if given(in.Answer) {
		if err := json.Unmarshal(in.Answer, &text); err != nil {
			return "", fmt.Errorf(`the command's "answer" is %s, not a string`, shorten(string(in.Answer), 100))
		}
	}
	if given(in.Refusal) && string(in.Refusal) != `""` && string(in.Refusal) != "false" {
		said := textOf(in.Refusal)
		if said == "true" {
			said = text
		}
		return said, fmt.Errorf("%w: %s", evalsuite.ErrRefused, shorten(cmp.Or(said, "it does not say why"), 1000))
	}
	if !given(in.Answer) {
		return "", errors.New(`the command's reply has neither "answer" nor "error" nor "refusal"`)
	}
	return text, nil
}

func given(value json.RawMessage) bool { return len(value) > 0 && string(value) != "null" }

// textOf returns the content of a string, and any other value as it is written.
func textOf(value json.RawMessage) (text string) {
	if json.Unmarshal(value, &text) != nil {
		return string(value)
	}
	return text
}

// rubbish counts lines that are no reply. Programs print such lines by accident, so they do not
// stop the work until there are too many.
type rubbish struct {
	warn   func(string)
	count  int
	newest string
}

// Limits of lines that are no reply.
const (
	shownRubbish = 3
	maxRubbish   = 10_000
)

// add counts a line.
func (r *rubbish) add(line []byte, err error) error {
	r.count++
	r.newest = fmt.Sprintf("%q: %v", shorten(strings.TrimSpace(string(line)), 200), err)
	if r.count <= shownRubbish && r.warn != nil {
		r.warn("a line of the command is no reply: " + r.newest)
	}
	if r.count > maxRubbish {
		return fmt.Errorf("the command wrote more than %d lines that are no replies, the last %s", maxRubbish, r.newest)
	}
	return nil
}

// last describes the last such line, for messages.
func (r *rubbish) last() string {
	if r.newest == "" {
		return ""
	}
	return "; its last line that is no reply was " + r.newest
}

// close warns of the number of lines.
func (r *rubbish) close() {
	if r.count > shownRubbish && r.warn != nil {
		r.warn(fmt.Sprintf("%d lines of the command are no replies and were left out", r.count))
	}
}

func sortRequests(all []*request) {
	slices.SortFunc(all, func(a, b *request) int { return cmp.Compare(a.n, b.n) })
}

// imageFolder holds the images of requests in flight as files, named by their hashes.
type imageFolder struct {
	dir  string
	uses map[string]int // by path
}

func newImageFolder() (*imageFolder, error) {
	dir, err := os.MkdirTemp("", "pali3-images-")
	return &imageFolder{dir, map[string]int{}}, err
}

func (f *imageFolder) remove() { os.RemoveAll(f.dir) }

// take writes images, unless they are there, and returns their paths.
func (f *imageFolder) take(images []shards.Image) ([]string, error) {
	paths := []string{}
	for i := range images {
		path := f.path(&images[i])
		if f.uses[path] == 0 {
			if err := os.WriteFile(path, images[i].Bytes, 0o600); err != nil {
				return nil, err
			}
		}
		f.uses[path]++
		paths = append(paths, path)
	}
	return paths, nil
}

// release removes images that no request needs any more.
func (f *imageFolder) release(images []shards.Image) {
	if f == nil {
		return
	}
	for i := range images {
		path := f.path(&images[i])
		if f.uses[path]--; f.uses[path] <= 0 {
			delete(f.uses, path)
			os.Remove(path)
		}
	}
}

// path returns the path of an image's file.
func (f *imageFolder) path(image *shards.Image) string {
	name := shards.Hash(image.Bytes)
	if format := image.Format; format != "" && !strings.ContainsAny(format, `/\`) {
		name += "." + format
	}
	return filepath.Join(f.dir, name)
}
