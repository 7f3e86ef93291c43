package stages

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/hubfolder"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/tokenize"
	"github.com/pali3/pali3/tokenize/tokenizerjson"
)

// ExportOptions say how a model is exported.
type ExportOptions struct {
	// DType of the weights: F32, BF16 or F16. Default: F32.
	DType string
	// MaxShardBytes is the most bytes of weights in a file. Default: no limit.
	MaxShardBytes int64
}

// torchTypes are torch's names of types.
var torchTypes = map[string]string{"": "float32", "F32": "float32", "BF16": "bfloat16", "F16": "float16"}

// Export writes a trained model to a new folder that transformers' from_pretrained loads:
// config.json, weights under transformers' names, the tokenizer and the image processor. It returns
// notes about what transformers does otherwise, or what could not be written.
//
// A model that transformers has no class for is an error, unless it is a [family.Assembly], whose
// parts are written to folders of their own.
func Export(t *Trained, dir string, o ExportOptions) (notes []string, err error) {
	if _, known := torchTypes[o.DType]; !known {
		return nil, fmt.Errorf("exporting: type %q is none of F32, BF16, F16", o.DType)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("exporting to %s: it exists; name a new folder", dir)
	}
	if parts, is := t.Model.(family.Assembly); is {
		return exportComponents(t, parts, dir, o)
	}
	hub := t.Family.Hub
	if hub == nil || hub.Write == nil {
		return nil, fmt.Errorf("exporting %s: transformers has no class for the family %s", t.Dir, t.Family.Name)
	}
	config, err := hub.Write(t.Model)
	if err != nil {
		return nil, fmt.Errorf("exporting %s: %w", t.Dir, err)
	}
	e := exporter{t: t, dir: dir, options: o}
	if err := e.write(config, t.Weights, hub.Name); err != nil {
		return nil, fmt.Errorf("exporting %s to %s: %w", t.Dir, dir, err)
	}
	return e.notes, nil
}

// ExportBigVision writes a trained model's weights to a new .npz file as big_vision names and lays
// them out, in float32. It is an error if big_vision has no such model.
func ExportBigVision(t *Trained, path string) error {
	hub := t.Family.Hub
	if hub == nil || hub.BigVision == nil {
		return fmt.Errorf("exporting %s: models of the family %s are not written in big_vision's layout; those of siglip and maskvae are", t.Dir, t.Family.Name)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("exporting to %s: it exists; name a new file", path)
	}
	if err := hub.BigVision(t.Model, t.Weights, path); err != nil {
		return fmt.Errorf("exporting %s: %w", t.Dir, err)
	}
	return nil
}

// exportComponents writes each component of a model to a folder of its own.
func exportComponents(t *Trained, model family.Assembly, dir string, o ExportOptions) (notes []string, err error) {
	components, err := model.Components()
	if err != nil {
		return nil, fmt.Errorf("exporting %s: %w", t.Dir, err)
	}
	for _, c := range components {
		set, err := componentOf(t.Weights, c)
		if err != nil {
			return nil, fmt.Errorf("exporting %s: %w", t.Dir, err)
		}
		e := exporter{t: t, dir: filepath.Join(dir, c.Folder), options: o}
		if c.Config == nil {
			err = set.SaveSharded(e.dir, weights.SaveOptions{DType: o.DType, MaxShardBytes: o.MaxShardBytes})
			e.note("%s/%s holds weights that transformers has no class for: %s", dir, c.Folder, c.Summary)
		} else {
			err = e.writeComponent(c, set)
		}
		if err != nil {
			return nil, fmt.Errorf("exporting %s to %s: %w", t.Dir, e.dir, err)
		}
		notes = append(notes, e.notes...)
	}
	return append([]string{fmt.Sprintf("transformers has no class for the family %s: its parts are in folders of their own", t.Family.Name)}, notes...), nil
}

// componentOf returns the weights of a component.
func componentOf(set *weights.Set, c family.Component) (*weights.Set, error) {
	var specs []weights.Spec
	var values []*tensors.Tensor
	for i, spec := range set.Specs() {
		if c.Has(spec.Name) {
			specs, values = append(specs, spec), append(values, set.Tensors()[i])
		}
	}
	return weights.NewSet(specs, values)
}

// writeComponent writes the folder of a component that transformers has a class for.
func (e *exporter) writeComponent(c family.Component, set *weights.Set) error {
	err := set.SaveSharded(e.dir, weights.SaveOptions{DType: e.options.DType, MaxShardBytes: e.options.MaxShardBytes})
	if err == nil && c.Texts {
		err = e.writeTokenizer()
	}
	if err == nil && c.Images {
		err = e.writeImages()
	}
	if err != nil {
		return err
	}
	c.Config["dtype"] = torchTypes[e.options.DType]
	return hubfolder.Write(e.dir, hubfolder.ConfigFile, c.Config)
}

// exporter writes a folder.
type exporter struct {
	t       *Trained
	dir     string
	options ExportOptions
	notes   []string
}

func (e *exporter) note(format string, values ...any) {
	e.notes = append(e.notes, fmt.Sprintf(format, values...))
}

// write writes all files, config.json last: a folder without it is not a model.
func (e *exporter) write(config map[string]any, set *weights.Set, names func(string) string) error {
	err := set.SaveSharded(e.dir, weights.SaveOptions{DType: e.options.DType, MaxShardBytes: e.options.MaxShardBytes, Names: names})
	if err != nil {
		return err
	}
	if err := e.writeTokenizer(); err != nil {
		return err
	}
	if err := e.writeImages(); err != nil {
		return err
	}
	config["dtype"] = torchTypes[e.options.DType]
	return hubfolder.Write(e.dir, hubfolder.ConfigFile, config)
}

// besides are the files of a published model's folder that are copied as they are.
var besides = []string{
	"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.json", "spiece.model", "tokenizer.model",
	"sentencepiece.bpe.model", "sentencepiece.model", "preprocessor_config.json", "processor_config.json", "generation_config.json",
}

// copyBesides copies a published model's files other than weights and config.
func (e *exporter) copyBesides() error {
	for _, name := range besides {
		content, err := os.ReadFile(filepath.Join(e.t.Dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = atomicfile.WriteBytes(filepath.Join(e.dir, name), content)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeTokenizer writes tokenizer.json, which gives the run's ids, or for SigLIP's text processing
// its own kind of tokenizer.
func (e *exporter) writeTokenizer() error {
	if e.t.Published != nil {
		return e.copyBesides()
	}
	cfg := e.t.Recipe.Mixture.Tokenizer
	if strings.HasPrefix(cfg.Model, "pali3:") {
		e.note("no tokenizer is written: %s is part of pali3", cfg.Model)
		return nil
	}
	proto, err := tokenize.ReadProto(cfg)
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(e.dir, "spiece.model"), proto.Marshal()); err != nil {
		return err
	}
	v := e.t.Vocabulary
	object := map[string]any{
		"tokenizer_class": "PreTrainedTokenizerFast", "padding_side": "right", "add_bos_token": false,
		"pad_token": v.Token(tokenize.Pad), "eos_token": v.Token(tokenize.EOS), "clean_up_tokenization_spaces": false,
	}
	if model, embeds := e.t.Model.(family.Embedder); embeds {
		object["model_max_length"] = model.TextLength()
		if cfg.PadTexts != tokenize.PadWithPad {
			object["pad_token"] = v.Token(tokenize.EOS)
		}
	}
	if unknown := v.Model().Piece(v.Model().UnknownID()); unknown.Text != "" {
		object["unk_token"] = unknown.Text
	}
	if cfg.Clean == tokenize.CleanSigLIP {
		object["tokenizer_class"], object["do_lower_case"] = "SiglipTokenizer", true
		return hubfolder.Write(e.dir, hubfolder.TokenizerFile, object)
	}
	if cfg.Lower || cfg.Clean != "" {
		e.note("the tokenizer written keeps upper case: write texts in lower case, as the model was trained")
	}
	content, err := tokenizerjson.Export(proto)
	if err != nil {
		return err
	}
	if content, err = surround(content, v, cfg.Frame); err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(e.dir, "tokenizer.json"), content); err != nil {
		return err
	}
	return hubfolder.Write(e.dir, hubfolder.TokenizerFile, object)
}

// surround adds the step to a tokenizer.json that begins or ends every text with a token, as the
// frame of prompts does. PaliGemma's frame is the work of its processor.
func surround(content []byte, v *tokenize.Vocabulary, frame string) ([]byte, error) {
	if frame == tokenize.FramePaliGemma {
		return content, nil
	}
	row := make([]int32, 1)
	v.FitPrompt(row, nil)
	token, id := v.Token(row[0]), row[0]
	var file map[string]json.RawMessage
	if err := json.Unmarshal(content, &file); err != nil {
		return nil, err
	}
	type piece = map[string]map[string]any
	text := func(id string) []piece {
		sequence := piece{"Sequence": {"id": id, "type_id": 0}}
		special := piece{"SpecialToken": {"id": token, "type_id": 0}}
		if frame == tokenize.FrameGemma {
			return []piece{special, sequence}
		}
		return []piece{sequence, special}
	}
	step, err := json.Marshal(map[string]any{
		"type": "TemplateProcessing", "single": text("A"), "pair": append(text("A"), text("B")...),
		"special_tokens": map[string]any{token: map[string]any{"id": token, "ids": []int32{id}, "tokens": []string{token}}},
	})
	if err != nil {
		return nil, err
	}
	file["post_processor"] = step
	return json.Marshal(file)
}

// writeImages writes preprocessor_config.json for the image ops.
func (e *exporter) writeImages() error {
	height, _ := imageSize(e.t.Model)
	if e.t.Published != nil || height == 0 {
		return nil // copied with the tokenizer
	}
	ops := e.t.Pipeline.String()
	object, exact, err := hubfolder.ProcessorOf(ops)
	if err != nil {
		e.note("no %s is written: %v", hubfolder.PreprocessorFile, err)
		return nil
	}
	if e.t.Pipeline.Sequence().Patch > 0 {
		e.note("load the image processor as Siglip2ImageProcessorPil for the same pixels: transformers' default one resizes by other rounding")
	}
	if !exact {
		e.note("transformers' image processor resizes in 8 bits, the model's image ops do not: pixels differ by about 1 of 255")
	}
	if model, sees := e.t.Model.(family.Seer); sees {
		object["image_seq_length"] = model.ImageEncoder().Tokens
	}
	if hub := e.t.Family.Hub; hub != nil && hub.ImageProcessor != "" {
		object["image_processor_type"] = hub.ImageProcessor
	}
	return hubfolder.Write(e.dir, hubfolder.PreprocessorFile, object)
}
