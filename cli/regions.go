package cli

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/regionimage"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/tokenize"
)

// regionForm is how a model writes boxes.
type regionForm struct {
	parse func(answer string) ([]foundRegion, []tokenize.InvalidRegion)
	spans func(answer string) []tokenize.Span // of the regions that parse finds
}

// regionForms are PaliGemma's form (arXiv 2407.07726, section 3.2.5) and PaLI's (arXiv 2209.06794,
// section 3.2).
var regionForms = map[mixture.BoxForm]regionForm{
	mixture.BoxLocations: {
		spans: tokenize.RegionSpans,
		parse: func(answer string) (all []foundRegion, invalid []tokenize.InvalidRegion) {
			found, invalid := tokenize.ParseRegions(answer)
			for _, r := range found {
				all = append(all, foundRegion{r.Label, r.Fractions()})
			}
			return all, invalid
		},
	},
	mixture.BoxIntegers: {
		spans: tokenize.PlainRegionSpans,
		parse: func(answer string) (all []foundRegion, invalid []tokenize.InvalidRegion) {
			found, invalid := tokenize.ParsePlainRegions(answer)
			for _, r := range found {
				all = append(all, foundRegion{r.Label, r.Fractions()})
			}
			return all, invalid
		},
	},
}

// foundRegion is an object of an answer. The edges y0, x0, y1, x1 of its box are fractions of the
// image.
type foundRegion struct {
	label string
	edges [4]float64
}

// regionsAnswer is what detect and segment say of an image beside the model's words, as JSON.
type regionsAnswer struct {
	Height  int            `json:"height,omitempty"`
	Width   int            `json:"width,omitempty"`
	Regions []regionAnswer `json:"regions,omitempty"`
	// Invalid are the parts of the answer that are no regions.
	Invalid []invalidAnswer `json:"invalid,omitempty"`
	// Drawn is the file with the image and its regions.
	Drawn string `json:"drawn,omitempty"`
}

// regionAnswer is an object of an image, as JSON. Box is x0, y0, x1, y1 in pixels of the upright
// image; x1 and y1 are outside.
type regionAnswer struct {
	Label string `json:"label"`
	Box   [4]int `json:"box"`
	regionScore
	Mask *regionimage.RLE `json:"mask,omitempty"`
	// MaskFile is the mask as a PNG of the image's size.
	MaskFile string `json:"mask_file,omitempty"`
}

type invalidAnswer struct {
	Text   string `json:"text"`
	Reason string `json:"reason"`
}

// regionScore is how sure the model is of a region, as JSON.
type regionScore struct {
	// Score is the geometric mean of the probabilities of the region's pieces: those of its box, of
	// its mask and of its label. It is from 0 to 1, whatever the number of pieces.
	Score float64 `json:"score"`
	// LogProbability is the logarithm of their product, in nats: how likely the region is, given
	// the image, the prompt and what the answer says before it.
	LogProbability float64 `json:"log_probability"`
}

// scoreRegions scores the regions that stand at the spans of an answer.
func scoreRegions(v *tokenize.Vocabulary, reply evalsuite.Reply, spans []tokenize.Span) []regionScore {
	scores, pieces := make([]regionScore, len(spans)), make([]int, len(spans))
	begin := 0
	for i := range min(len(reply.IDs), len(reply.LogProbabilities)) {
		end := len(v.DecodeToEOS(reply.IDs[:i+1]))
		if end <= begin { // a byte of a character is a part of that character
			begin = max(end-1, 0)
		}
		for k, at := range spans {
			if begin < at.To && end > at.From {
				scores[k].LogProbability += reply.LogProbabilities[i]
				pieces[k]++
			}
		}
		begin = end
	}
	for k := range scores {
		scores[k].Score = math.Exp(scores[k].LogProbability / float64(max(pieces[k], 1)))
	}
	return scores
}

// objectTask returns the task of a kind that a model was trained on: the first, whose prompt and
// form of boxes the model is asked in. A model without one is asked in PaliGemma's words, and a
// published one in its own.
func objectTask(con *console, t *stages.Trained, kind string) mixture.Task {
	task := mixture.Task{Name: kind, Kind: kind, Boxes: mixture.BoxLocations}
	if t.Published != nil {
		task.Prompt = t.Published.Prompts[kind]
		return task
	}
	var all []mixture.Task
	for _, one := range t.Recipe.Mixture.Tasks {
		if one.Kind == kind && one.Weight > 0 {
			one.Boxes = cmp.Or(one.Boxes, mixture.BoxLocations)
			all = append(all, one)
		}
	}
	if len(all) == 0 {
		return task
	}
	for _, other := range all[1:] {
		if other.Prompt != all[0].Prompt || other.Boxes != all[0].Boxes {
			con.warn(fmt.Sprintf("the model was trained on %d tasks of kind %s; it is asked as in the first, %s: %q, boxes as %s", len(all), kind, all[0].Name, all[0].Prompt, all[0].Boxes))
			break
		}
	}
	return all[0]
}

// drawnRegions collects what is drawn of an image.
type drawnRegions struct {
	image *augment.Image
	all   []regionimage.Region
}

// newRegions decodes the image that an answer is about and begins the answer's regions.
func newRegions(one readImage, answer *imageAnswer) (*drawnRegions, error) {
	m, err := augment.Decode(one.image.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", one.path, err)
	}
	answer.Height, answer.Width = m.Height, m.Width
	return &drawnRegions{image: m}, nil
}

// add adds a region to the answer and to what is drawn.
func (d *drawnRegions) add(answer *imageAnswer, label string, edges [4]float64, score regionScore) {
	box := regionimage.Pixels(edges, d.image.Height, d.image.Width)
	answer.Regions = append(answer.Regions, regionAnswer{Label: label, Box: [4]int{box.Min.X, box.Min.Y, box.Max.X, box.Max.Y}, regionScore: score})
	d.all = append(d.all, regionimage.Region{Box: box, Label: label})
}

// draw writes the image with its regions.
func (d *drawnRegions) draw(path string) error {
	m := image.NewRGBA(image.Rect(0, 0, d.image.Width, d.image.Height))
	for i := range d.image.Height * d.image.Width {
		copy(m.Pix[4*i:], d.image.Pix[3*i:3*i+3])
		m.Pix[4*i+3] = 255
	}
	return writePNG(path, regionimage.Draw(m, d.all))
}

func writePNG(path string, m image.Image) error {
	return atomicfile.Write(path, func(w io.Writer) error { return png.Encode(w, m) })
}

// text lists the regions, one a line, as detect prints them.
func (r imageAnswer) text() string {
	if len(r.Regions) == 0 {
		return "nothing found"
	}
	lines := make([]string, len(r.Regions))
	for i, region := range r.Regions {
		b := region.Box
		lines[i] = fmt.Sprintf("%s\t%d,%d,%d,%d\t%.3f", region.Label, b[0], b[1], b[2], b[3], region.Score)
	}
	return strings.Join(lines, "\n")
}

// invalid records the parts of an answer that are no regions. It is an error if nothing else is
// left of the answer.
func (r *regionsAnswer) invalid(path string, parts []tokenize.InvalidRegion, warn func(string)) error {
	for _, p := range parts {
		r.Invalid = append(r.Invalid, invalidAnswer{p.Text, p.Reason})
	}
	if len(parts) == 0 {
		return nil
	}
	said := fmt.Sprintf("%s: %d of %d parts of the answer are no regions, for example %q: %s",
		path, len(parts), len(parts)+len(r.Regions), shortened(parts[0].Text), parts[0].Reason)
	if len(r.Regions) == 0 {
		return errors.New(said)
	}
	warn(said)
	return nil
}

// shortened returns the beginning of a text for messages.
func shortened(text string) string {
	if runes := []rune(text); len(runes) > 80 {
		return string(runes[:80]) + "..."
	}
	return text
}

// regionFiles names the files that a command writes into a folder, each once.
type regionFiles struct {
	dir  string
	used map[string]bool
}

// newRegionFiles makes the folder dir. For "" it returns nil.
func newRegionFiles(dir string) (*regionFiles, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("making the folder --out: %w", err)
	}
	return &regionFiles{dir, map[string]bool{}}, nil
}

// base returns the path of an image's files without their endings. Images of the same name in
// different folders get numbers.
func (f *regionFiles) base(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	unique := name
	for i := 2; f.used[strings.ToLower(unique)]; i++ {
		unique = name + "-" + strconv.Itoa(i)
	}
	f.used[strings.ToLower(unique)] = true
	return filepath.Join(f.dir, unique)
}
