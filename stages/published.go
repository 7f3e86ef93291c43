package stages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/internal/hubfolder"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/tokenize"
)

// Published is what the folder of a published model says beside the model itself. The folder holds
// config.json, weights as [weights.OpenFile] opens them, and may hold
//
//	spiece.model, tokenizer.model or tokenizer.json       the tokenizer, used as tokenizer_config.json says
//	preprocessor_config.json or processor_config.json     resize, mean and deviation, which become image ops
type Published struct {
	// ModelType of config.json, for example "siglip".
	ModelType string
	// Tokenizer is how texts become ids, as a recipe writes it.
	Tokenizer tokenize.Config
	// ImageOps are how images become pixels, as a recipe writes it; "" for a model without images.
	ImageOps string
	// Prompts are the templates that the model was trained with, by kind of task.
	Prompts map[string]string
	// Weights says how the folder's tensors and the model's weights match.
	Weights weights.Report
	// Notes say what was assumed or left out.
	Notes []string
}

// Lengths of a published writer's rows, which no file states.
const (
	publishedPrompt = 128
	publishedAnswer = 64
)

// openPublished opens a folder that has config.json.
func openPublished(be compute.Backend, dir string, registry *Registry) (*Trained, error) {
	folder, err := hubfolder.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the model folder %s: %w", dir, err)
	}
	t := &Trained{Dir: dir, Images: 1, Published: &Published{ModelType: folder.ModelType}}
	t.Recipe.Families, t.Recipe.Mixture.Registry = registry.families(), registry.Mixture()
	if t.Family, err = registry.publishedFamily(folder); err != nil {
		return nil, err
	}
	t.Recipe.Family, t.Published.Prompts = t.Family.Name, t.Family.Hub.Prompts
	if err := t.readWeights(be, folder); err != nil {
		return nil, err
	}
	if err := t.readTokenizer(folder); err != nil {
		return nil, fmt.Errorf("the tokenizer of %s: %w", dir, err)
	}
	if err := t.readImages(folder); err != nil {
		return nil, fmt.Errorf("the images of %s: %w", dir, err)
	}
	t.Recipe.Mixture.Lengths = t.Lengths
	return t, nil
}

// note adds to what is said about the folder.
func (p *Published) note(format string, values ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, values...))
}

// readWeights reads the config and the weights.
func (t *Trained) readWeights(be compute.Backend, folder *hubfolder.Folder) error {
	hub := t.Family.Hub
	file, err := weights.OpenFile(folder.Dir)
	if err != nil {
		return err
	}
	defer file.Close()
	if t.Model, err = readConfig(hub, folder, file); err != nil {
		return err
	}
	specs, err := t.Model.Specs(be)
	if err != nil {
		return fmt.Errorf("the model of %s: %w", folder.Dir, err)
	}
	if t.Weights, t.Published.Weights, err = weights.LoadFile(file, specs, hub.Layout(t.Model)); err != nil {
		return err
	}
	r := &t.Published.Weights
	hub.Expect(r)
	if n := len(r.Unexpected); n > 0 {
		t.Published.note("%d tensors of the folder are not the model's: %s", n, strings.Join(first(r.Unexpected, 5), ", "))
	}
	for _, adapted := range r.Adapted {
		t.Published.note("%s was converted from shape %v to %v", adapted.Name, adapted.File, adapted.Model)
	}
	return nil
}

// openPublishedNetwork reads the model of a folder without its weights.
func openPublishedNetwork(dir string, registry *Registry) (n Network, err error) {
	folder, err := hubfolder.Open(dir)
	if err != nil {
		return Network{}, fmt.Errorf("opening the model folder %s: %w", dir, err)
	}
	if n.Family, err = registry.publishedFamily(folder); err != nil {
		return Network{}, err
	}
	file, err := weights.OpenFile(dir)
	if err != nil {
		return Network{}, err
	}
	defer file.Close()
	n.Model, err = readConfig(n.Family.Hub, folder, file)
	return n, err
}

// publishedFamily returns the family that reads a folder.
func (g *Registry) publishedFamily(folder *hubfolder.Folder) (family.Family, error) {
	f, known := g.families().OfType(folder.ModelType)
	if !known {
		return f, fmt.Errorf("opening the model folder %s: %s has the model_type %q; legal are %s",
			folder.Dir, hubfolder.ConfigFile, folder.ModelType, strings.Join(g.families().Types(), ", "))
	}
	return f, nil
}

// readConfig returns the model that a folder's config.json and tensors describe.
func readConfig(hub *family.Hub, folder *hubfolder.Folder, file *weights.File) (family.Model, error) {
	m, err := hub.Read(folder.Config)
	if err == nil && hub.Fit != nil {
		err = hub.Fit(m, file)
	}
	if err == nil {
		err = m.Validate()
	}
	if err != nil {
		return nil, fmt.Errorf("the model of %s: %w", folder.Dir, err)
	}
	return m, nil
}

// first returns the first names of a list and, if there are more, how many.
func first(names []string, n int) []string {
	if len(names) <= n {
		return names
	}
	return append(slices.Clone(names[:n]), fmt.Sprintf("%d more", len(names)-n))
}

// readTokenizer opens the vocabulary and sets the lengths.
func (t *Trained) readTokenizer(folder *hubfolder.Folder) (err error) {
	t.Lengths = mixture.Lengths{Encoder: publishedPrompt, Decoder: publishedAnswer}
	if m, embeds := t.Model.(family.Embedder); embeds {
		t.Lengths = mixture.Lengths{Encoder: m.TextLength()}
	}
	from := folder.Tokenizer
	if from == nil {
		t.Published.note("the folder has no tokenizer: the model takes ids only")
		return nil
	}
	cfg := tokenize.Config{Model: from.File, Sentinels: from.Sentinels, Frame: t.Family.Hub.Frame, PadTexts: tokenize.PadWithPad}
	if from.PadsWithEOS {
		cfg.PadTexts = ""
	}
	switch {
	case from.Canonical:
		cfg.Clean = tokenize.CleanSigLIP
	case from.Lower && !strings.HasSuffix(from.File, ".json"): // which says so itself
		cfg.Clean = tokenize.CleanLower
	}
	cfg.Locations, cfg.Segments = from.Regions()
	if t.Vocabulary, err = tokenize.Open(cfg); err != nil {
		return err
	}
	t.Published.Tokenizer, t.Recipe.Mixture.Tokenizer = cfg, cfg
	spell(t.Model, t.Vocabulary)
	return t.checkTokenizer(from)
}

// checkTokenizer compares the vocabulary's ids with those that the folder states.
func (t *Trained) checkTokenizer(from *hubfolder.Tokenizer) error {
	v := t.Vocabulary
	if moved := v.Moved(); moved != "" {
		return fmt.Errorf("%s: the model was trained with other ids than pali3's: %s", from.File, moved)
	}
	for id, token := range from.Added {
		switch {
		case int(id) >= v.Len():
			t.Published.note("texts never have the token %s (%d), which the tokenizer adds", token, id)
		case v.Token(id) != token && v.FileID(id) >= 0 && int(id) > int(tokenize.Unk), v.Token(id) != token && v.FileID(id) < 0:
			return fmt.Errorf("id %d is %q in tokenizer_config.json and %q here", id, token, v.Token(id))
		}
	}
	rows := 0
	for _, in := range t.Model.Inputs() {
		rows = max(rows, in.Vocabulary)
	}
	if over := v.Len() - rows; over > 0 && rows > 0 {
		for id := rows; id < v.Len(); id++ {
			if !from.Adds(v.Token(int32(id))) {
				return fmt.Errorf("%s has %d ids, the model %d: id %d is %q", from.File, v.Len(), rows, id, v.Token(int32(id)))
			}
		}
		t.Published.note("the last %d tokens (%s and so on) are beyond the model's %d embeddings: do not write them", over, v.Token(int32(rows)), rows)
	}
	if _, embeds := t.Model.(family.Embedder); embeds && from.PadsLeft {
		return fmt.Errorf("%s pads on the left; texts to compare are padded on the right: set padding_side to right", hubfolder.TokenizerFile)
	}
	return nil
}

// patchSize returns the side of a patch of a model that takes images of any aspect, otherwise 0.
func patchSize(m family.Model) int {
	if patches, ok := m.(family.PatchEmbedder); ok {
		return patches.PatchSize()
	}
	return 0
}

// readImages parses the image ops.
func (t *Trained) readImages(folder *hubfolder.Folder) (err error) {
	height, width := imageSize(t.Model)
	if height == 0 {
		return nil
	}
	from := folder.Images
	if from == nil {
		t.Published.note("the folder does not say how images become pixels: SigLIP's way is assumed")
		from = &hubfolder.Images{Ops: hubfolder.DefaultOps(height, width), Height: height, Width: width}
		if patch := patchSize(t.Model); patch > 0 {
			from = &hubfolder.Images{Ops: hubfolder.DefaultSequenceOps(patch), Patch: patch}
		}
	}
	if patch := patchSize(t.Model); from.Patch > 0 && from.Patch != patch {
		if patch == 0 {
			return fmt.Errorf("%s makes images of any aspect, the model takes %d by %d pixels", from.File, height, width)
		}
		return fmt.Errorf("%s makes patches of %d pixels, the model takes patches of %d", from.File, from.Patch, patch)
	}
	if from.Patch == 0 && (from.Height != height || from.Width != width) {
		return fmt.Errorf("%s makes images of %d by %d pixels, the model takes %d by %d", from.File, from.Height, from.Width, height, width)
	}
	t.Published.ImageOps, t.Recipe.Mixture.Images.Ops = from.Ops, from.Ops
	t.Published.Notes = append(t.Published.Notes, from.Notes...)
	t.Pipeline, err = t.Recipe.Mixture.EvalPipeline()
	return err
}
