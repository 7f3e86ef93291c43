package evalsuite

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// questionsOf says which questions of a dataset are asked.
type questionsOf struct {
	split   string // "" is the only one
	samples int
	seed    uint64
	labels  int                          // in a prompt about boxes; 0 means all
	join    func(labels []string) string // lists what is to be found in an image; nil is PaliGemma's form
}

// benchmarkQuestion is a question of a benchmark's dataset.
type benchmarkQuestion struct {
	benchmarks.Item
	id     string   // of its prediction: that of the item, if no other has it
	row    int      // of its sample in the dataset
	hashes []string // of the sample's images
	prompt string
	group  int // of labels; the first, 0, has the id of the image
}

// benchmarkQuestions are the questions of a split.
type benchmarkQuestions struct {
	bench *benchmarks.Benchmark
	split string
	all   []benchmarkQuestion
	// without are the keys of samples that have nothing to ask, renamed the ids of questions that
	// another question has, too.
	without, renamed []string
	labels           int // of boxes, in all images
}

// readQuestions reads the questions of a dataset's split, without the bytes of images.
func readQuestions(ctx context.Context, d mixture.Data, b *benchmarks.Benchmark, of questionsOf) (*benchmarkQuestions, error) {
	q := &benchmarkQuestions{bench: b, split: of.split}
	splits, samples, row := map[string]int{}, []questionSample(nil), -1
	for sample, err := range scan(d, splitColumns...) {
		if err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		row++
		splits[sample.Split]++
		if of.split == "" || of.split == AllSplits || of.split == sample.Split {
			samples = append(samples, questionSample{sample, row})
		}
	}
	if q.split == "" {
		if len(splits) != 1 {
			return nil, fmt.Errorf("choose a split of %s: %w", d.Dir(), noSplit(d, "", splits))
		}
		if q.split = samples[0].Split; q.split == "" {
			q.split = AllSplits
		}
	}
	if len(samples) == 0 {
		return nil, noSplit(d, q.split, splits)
	}
	seen := map[string]bool{}
	for _, one := range limitSamples(samples, of.samples, of.seed) {
		q.add(one, seen)
	}
	if len(q.all) == 0 {
		return nil, fmt.Errorf("no sample in split %s of %s has what %s asks for (%s): was the dataset made from the files of this benchmark?", q.split, d.Dir(), b.Name, b.Task)
	}
	if b.Task == benchmarks.Boxes {
		q.askForBoxes(of.labels, of.join)
	}
	return q, q.hashImages(d)
}

// askForBoxes asks for all labels of the split in every image: in one question, or in several with
// at most a number of labels each.
func (q *benchmarkQuestions) askForBoxes(most int, join func(labels []string) string) {
	items := make([]*benchmarks.Item, len(q.all))
	for n := range q.all {
		items[n] = &q.all[n].Item
	}
	labels := benchmarks.ShareCategories(items)
	if join == nil {
		join = func(labels []string) string { return strings.Join(labels, " ; ") }
	}
	if most <= 0 {
		most = max(len(labels), 1)
	}
	var groups []string
	for of := range slices.Chunk(labels, most) {
		groups = append(groups, join(of))
	}
	q.labels = len(labels)
	all := make([]benchmarkQuestion, 0, len(q.all)*max(len(groups), 1))
	for n := range q.all {
		for group, asked := range groups {
			one := q.all[n]
			one.group, one.Question = group, asked
			if group > 0 {
				one.id = benchmarks.LabelGroupID(one.id, group)
			}
			all = append(all, one)
		}
		if len(groups) == 0 {
			all = append(all, q.all[n])
		}
	}
	q.all = all
}

// questionSample is a sample and its row.
type questionSample struct {
	shards.Sample
	row int
}

// limitSamples draws at most n samples by seed and keeps their order.
func limitSamples(samples []questionSample, n int, seed uint64) []questionSample {
	if n <= 0 || n >= len(samples) {
		return samples
	}
	chosen := random.New(seed, random.Name("evaluation samples")).Perm(len(samples))[:n]
	slices.Sort(chosen)
	kept := make([]questionSample, n)
	for at, i := range chosen {
		kept[at] = samples[i]
	}
	return kept
}

// add adds the questions of a sample. An id that occurs twice is made unique by the sample's key.
func (q *benchmarkQuestions) add(s questionSample, seen map[string]bool) {
	var hashes []string
	for i := range s.Images {
		hashes = append(hashes, s.Images[i].SHA256)
	}
	items := q.bench.Items(&s.Sample, "", nil)
	if len(items) == 0 {
		q.without = append(q.without, s.Key)
	}
	for n, item := range items {
		if item.ID != "" && seen[item.ID] {
			q.renamed = append(q.renamed, item.ID)
		}
		one := benchmarkQuestion{Item: item, id: item.ID, row: s.row, hashes: hashes}
		for again := n; one.id == "" || seen[one.id]; again++ {
			one.id = fmt.Sprintf("%s#%d", s.Key, again)
		}
		seen[one.id] = true
		q.all = append(q.all, one)
	}
}

// groups returns the number of questions about an image of boxes.
func (q *benchmarkQuestions) groups() int {
	if len(q.all) == 0 {
		return 0
	}
	return q.all[len(q.all)-1].group + 1
}

// warn says what is not asked, and what is asked under another id.
func (q *benchmarkQuestions) warn(warn func(string)) {
	const many = 100 // labels, beyond which a prompt is longer than models are trained with
	switch groups := q.groups(); {
	case groups > 1:
		warn(fmt.Sprintf("an image is asked about in %d prompts, for its %d labels", groups, q.labels))
	case q.labels > many:
		warn(fmt.Sprintf("a prompt lists all %d labels; --labels-per-prompt N asks about at most N at a time", q.labels))
	}
	if n := len(q.without); n > 0 {
		warn(fmt.Sprintf("samples without anything that %s asks for, which are left out: %d, for example %s", q.bench.Name, n, q.without[0]))
	}
	if n := len(q.renamed); n > 0 {
		warn(fmt.Sprintf("questions whose id another question has, too, and whose predictions are named KEY#NUMBER: %d, for example %s", n, q.renamed[0]))
	}
}

// hashImages computes the hashes of images that the dataset does not have.
func (q *benchmarkQuestions) hashImages(d mixture.Data) error {
	for n := range q.all {
		one := &q.all[n]
		if !slices.Contains(one.hashes, "") {
			continue
		}
		sample, err := d.Row(one.row)
		if err != nil {
			return err
		}
		one.hashes = make([]string, len(sample.Images))
		for i := range sample.Images {
			one.hashes[i] = shards.Hash(sample.Images[i].Bytes)
		}
	}
	return nil
}

// digest returns a hash of the ids of all questions.
func (q *benchmarkQuestions) digest() string {
	h := sha256.New()
	for n := range q.all {
		io.WriteString(h, q.all[n].id+"\n")
	}
	return hex.EncodeToString(h.Sum(nil))
}

// shard returns the questions of a part: those whose cluster falls into it. A cluster falls into
// the same part whatever else the dataset holds.
func (q *benchmarkQuestions) shard(shard, of int) []benchmarkQuestion {
	if of == 1 {
		return q.all
	}
	part := []benchmarkQuestion{}
	for n := range q.all {
		hash := sha256.Sum256([]byte(q.bench.ClusterName(&q.all[n].Item)))
		if binary.BigEndian.Uint64(hash[:])%uint64(of) == uint64(shard-1) {
			part = append(part, q.all[n])
		}
	}
	return part
}

// BenchmarkIDs returns the ids of all questions of a run, of all its shards.
func BenchmarkIDs(ctx context.Context, d mixture.Data, b *benchmarks.Benchmark, m *BenchmarkManifest) ([]string, error) {
	all, err := readQuestions(ctx, d, b, questionsOf{m.Split, m.Samples, m.Seed, m.Labels, nil})
	if err != nil {
		return nil, err
	}
	if all.digest() != m.IDs {
		return nil, fmt.Errorf("%s has other questions than the run", d.Dir())
	}
	ids := make([]string, len(all.all))
	for n := range all.all {
		ids[n] = all.all[n].id
	}
	return ids, nil
}
