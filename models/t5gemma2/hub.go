package t5gemma2

import (
	"slices"
	"strings"

	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
)

// Hub describes folders of transformers' T5Gemma2ForConditionalGeneration.
func Hub() *family.Hub {
	return &family.Hub{
		Types: []string{"t5gemma2"},
		Read: func(config []byte) (family.Model, error) {
			c, err := HubConfig(config)
			if err != nil {
				return nil, err // not a nil *Config in an interface
			}
			return c, nil
		},
		Write: func(m family.Model) (map[string]any, error) { return ToHubConfig(m.(*Config)) },
		Names: func(family.Model) weights.Names { return HubNames },
		Name:  HubName,
		Frame: "gemma", ImageProcessor: "Gemma3ImageProcessor",
		// The public weights continue texts: they were trained with no prompts of tasks.
		Prompts: map[string]string{"caption": " in this image, there is", "vqa": "{question}"},
	}
}

// hubPrefixes are what names begin with in the files of transformers, for each of our prefixes:
// the names that save_pretrained writes first, then others that it reads.
var hubPrefixes = []struct {
	ours   string
	theirs []string
}{
	{visionPrefix, []string{"model.encoder.vision_tower", "model.encoder.vision_tower.vision_model"}},
	{projectionPrefix, []string{"model.encoder.multi_modal_projector"}},
	{tablePrefix, []string{"model.encoder.embed_tokens", "model.encoder.text_model.embed_tokens"}},
	{encoderPrefix + ".layers", []string{"model.encoder.layers", "model.encoder.text_model.layers"}},
	{encoderPrefix + ".norm", []string{"model.encoder.norm", "model.encoder.text_model.norm"}},
	{decoderPrefix + ".layers", []string{"model.decoder.layers"}},
	{decoderPrefix + ".norm", []string{"model.decoder.norm"}},
}

// HubName returns the name that a weight has in the files of transformers.
func HubName(ours string) string {
	for _, prefix := range hubPrefixes {
		if rest, ok := strings.CutPrefix(ours, prefix.ours+"."); ok {
			return prefix.theirs[0] + "." + rest
		}
	}
	return ours
}

// HubNames presents a file with the names of transformers, or of a T5Gemma2Model alone, under our
// names. Copies of the embedding table for the decoder and for the output are ignored, because the
// three are one.
func HubNames(f *weights.File, specs []weights.Spec) (*weights.File, error) {
	if hasPart(f, visionPrefix+".") || hasPart(f, tablePrefix+".") {
		return f, nil // our own names
	}
	to := map[string]string{}
	for _, prefix := range hubPrefixes {
		for _, theirs := range slices.Backward(prefix.theirs) { // the longest first
			if !hasPart(f, theirs+".") {
				theirs = strings.TrimPrefix(theirs, "model.")
			}
			if hasPart(f, theirs+".") {
				to[theirs] = prefix.ours
				break
			}
		}
	}
	return weights.Prefixed(to)(f, specs)
}

// hasPart reports whether a tensor's name begins with prefix.
func hasPart(f *weights.File, prefix string) bool {
	return slices.ContainsFunc(f.Entries(), func(e weights.Entry) bool { return strings.HasPrefix(e.Name, prefix) })
}
