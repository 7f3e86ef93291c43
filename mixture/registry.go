package mixture

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
	"github.com/pali3/pali3/tokenize/sentencepiece"
	"github.com/pali3/pali3/tokenize/tokenizerjson"
)

// Registry holds what recipes may name: kinds of task, image ops and built-in tokenizer models. To
// add kinds or ops, append them to those of [Builtin] and parse recipes with the result. A nil
// Registry, or a nil field of one, means the built-in ones.
type Registry struct {
	Kinds Kinds
	Ops   augment.Ops
	// Tokenizers holds the models that recipes name as "pali3:NAME".
	Tokenizers fs.FS
	// Stores open the datasets that recipes name by a URL. Nil means that datasets are in folders.
	Stores shards.Stores
	// Rows open datasets of a program's own, by the scheme of the URL that names them.
	Rows map[string]OpenRows
	// Masks opens the weights of a mask VQ-VAE that recipes name by images.mask_codec. Nil opens
	// none: this package does not know models.
	Masks OpenMasks
}

// Builtin returns a registry of all that is built in, which the caller may change.
func Builtin() *Registry {
	return &Registry{Kinds: BuiltinKinds(), Ops: augment.BuiltinOps(), Tokenizers: tokenize.Builtin()}
}

// Kind returns the kind of a name.
func (g *Registry) Kind(name string) (k Kind, known bool) {
	for _, k := range g.kinds() {
		if k.Name == name {
			return k.withDefaults(), true
		}
	}
	return Kind{}, false
}

// KindNames returns the names of all kinds, sorted.
func (g *Registry) KindNames() []string { return g.kinds().Names() }

func (g *Registry) kinds() Kinds {
	if g == nil || g.Kinds == nil {
		return builtinKinds
	}
	return g.Kinds
}

// OpenDataset opens a dataset that a recipe names: a folder or a URL, but not [Rows]. ctx bounds
// every later read.
func (g *Registry) OpenDataset(ctx context.Context, name string) (*shards.Dataset, error) {
	if g == nil {
		return shards.Open(name)
	}
	return g.Stores.Open(ctx, name)
}

// stores returns what opens datasets.
func (g *Registry) stores() shards.Stores {
	if g == nil {
		return nil
	}
	return g.Stores
}

// ParseOps parses a pipeline of image ops.
func (g *Registry) ParseOps(pipeline string) (*augment.Pipeline, error) {
	if g == nil || g.Ops == nil {
		return augment.Parse(pipeline)
	}
	return g.Ops.Parse(pipeline)
}

// builtinModel is how recipes name the models of [Registry.Tokenizers].
const builtinModel = "pali3:"

// ReadTokenizer returns the bytes of a SentencePiece model: a file, the one that a tokenizer.json
// describes, or one of Tokenizers as "pali3:NAME".
func (g *Registry) ReadTokenizer(model string) ([]byte, error) {
	name, builtin := strings.CutPrefix(model, builtinModel)
	if !builtin && strings.HasSuffix(model, ".json") {
		imported, err := tokenizerjson.Import(model)
		if err != nil {
			return nil, err
		}
		return imported.Proto.Marshal(), nil
	}
	if !builtin {
		return os.ReadFile(model)
	}
	models := tokenize.Builtin()
	if g != nil && g.Tokenizers != nil {
		models = g.Tokenizers
	}
	content, err := fs.ReadFile(models, name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return nil, fmt.Errorf("model %s: this program has no model of that name%s; to read a file, leave out %s", model, namesIn(models), builtinModel)
	}
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", model, err)
	}
	return content, nil
}

// namesIn lists the models of a program.
func namesIn(models fs.FS) string {
	var names []string
	entries, _ := fs.ReadDir(models, ".")
	for _, e := range entries[:min(len(entries), 12)] {
		names = append(names, builtinModel+e.Name())
	}
	if len(names) == 0 {
		return ""
	}
	return ", but " + strings.Join(names, ", ")
}

// OpenVocabulary opens a vocabulary whose model is a file or one of Tokenizers.
func (g *Registry) OpenVocabulary(c tokenize.Config) (*tokenize.Vocabulary, error) {
	if !strings.HasPrefix(c.Model, builtinModel) {
		return tokenize.Open(c)
	}
	content, err := g.ReadTokenizer(c.Model)
	if err != nil {
		return nil, err
	}
	model, err := sentencepiece.Parse(content)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", c.Model, err)
	}
	return tokenize.New(model, c)
}

// OpenVocabulary opens the recipe's vocabulary.
func (r Recipe) OpenVocabulary() (*tokenize.Vocabulary, error) {
	return r.Registry.OpenVocabulary(r.Tokenizer)
}

// Asks returns all that a task asks of a sample: see [Kind.Asks]. It returns nothing for kinds
// without it, which an [Asker] asks.
func (g *Registry) Asks(t Task, s *shards.Sample) []Ask {
	k, _ := g.Kind(t.Kind)
	if k.Asks == nil {
		return nil
	}
	t.fillPrompt(k, "")
	return k.Asks(&t, s)
}

// CanAsk reports whether a model can be asked what a kind of task trains: see [Kind.CanBeAsked].
func (g *Registry) CanAsk(kind string) bool {
	k, _ := g.Kind(kind)
	return k.CanBeAsked()
}

// AskIn returns what a task asks of an image about which nothing is known but a language or a
// question; see [Kind.AsksAnyImage]. Its ID is KEY/LANGUAGE, or the key alone where a question is
// answered.
func (g *Registry) AskIn(t Task, key, language, question string) Ask {
	k, _ := g.Kind(t.Kind)
	t.fillPrompt(k, "")
	a := t.askIn(key, language, question)
	if k.AnswersQuestions() {
		a.ID = key
	}
	return a
}
