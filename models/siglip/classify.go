package siglip

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
)

// Templates returns the texts about a class that a zero-shot classifier embeds, with {} in the
// class's place. The names are those of big_vision (evaluators/proj/image_text/
// prompt_engineering.py):
//
//	clip_paper       CLIP's 80 templates for ImageNet (arXiv 2103.00020), and the class alone
//	clip_best        the 7 of them that CLIP's authors selected, and the class alone
//	class_name_only  the class alone
//
// big_vision evaluates with clip_paper, after [Canonical].
func Templates(name string) ([]string, error) {
	lines, known := templates[name]
	if !known {
		return nil, fmt.Errorf("templates %q: legal are %s", name, strings.Join(slices.Sorted(maps.Keys(templates)), ", "))
	}
	return strings.Split(lines, "\n"), nil
}

// Canonical returns a class name or a template as big_vision prepares it: in lower case, without
// ASCII punctuation, with underscores as spaces and runs of white space as one space. Occurrences
// of kept, such as "{}" in a template or "," in a list of synonyms, stay; "" keeps nothing
// (prompt_engineering.py, canonicalize_text).
func Canonical(text, kept string) string {
	text = strings.ReplaceAll(text, "_", " ")
	parts := []string{text}
	if kept != "" {
		parts = strings.Split(text, kept)
	}
	for i, part := range parts {
		parts[i] = strings.Map(func(r rune) rune {
			if r < unicode.MaxASCII && (unicode.IsPunct(r) || unicode.IsSymbol(r)) {
				return -1
			}
			return r
		}, part)
	}
	return strings.Join(strings.Fields(strings.ToLower(strings.Join(parts, kept))), " ")
}

// ClassEmbedding returns the embedding of a class, of length 1: the mean of the embeddings of the
// texts about it, which are equally wide, divided by its norm (big_vision
// discriminative_classifier.py, _average_embeddings). It is nil without texts.
func ClassEmbedding(texts [][]float32) []float32 {
	if len(texts) == 0 {
		return nil
	}
	mean := make([]float32, len(texts[0]))
	norm := 0.0
	for i := range mean {
		sum := 0.0
		for _, text := range texts {
			sum += float64(text[i])
		}
		mean[i] = float32(sum / float64(len(texts)))
		norm += float64(mean[i]) * float64(mean[i])
	}
	norm = math.Sqrt(norm) + 1e-8
	for i := range mean {
		mean[i] = float32(float64(mean[i]) / norm)
	}
	return mean
}

// Classify returns the number of the class whose embedding is most similar to that of an image, and
// the cosine of the two. Of equally similar classes the first counts. Without classes it returns
// -1.
func Classify(image []float32, classes [][]float32) (class int, cosine float64) {
	class = -1
	for i, embedding := range classes {
		sum := 0.0
		for j, v := range embedding {
			sum += float64(v) * float64(image[j])
		}
		if class < 0 || sum > cosine {
			class, cosine = i, sum
		}
	}
	return class, cosine
}

// templates are those of big_vision's prompt_engineering_constants.py, in its order, one a line.
var templates = map[string]string{
	"class_name_only": "{}",
	"clip_paper": `a bad photo of a {}.
a photo of many {}.
a sculpture of a {}.
a photo of the hard to see {}.
a low resolution photo of the {}.
a rendering of a {}.
graffiti of a {}.
a bad photo of the {}.
a cropped photo of the {}.
a tattoo of a {}.
the embroidered {}.
a photo of a hard to see {}.
a bright photo of a {}.
a photo of a clean {}.
a photo of a dirty {}.
a dark photo of the {}.
a drawing of a {}.
a photo of my {}.
the plastic {}.
a photo of the cool {}.
a close-up photo of a {}.
a black and white photo of the {}.
a painting of the {}.
a painting of a {}.
a pixelated photo of the {}.
a sculpture of the {}.
a bright photo of the {}.
a cropped photo of a {}.
a plastic {}.
a photo of the dirty {}.
a jpeg corrupted photo of a {}.
a blurry photo of the {}.
a photo of the {}.
a good photo of the {}.
a rendering of the {}.
a {} in a video game.
a photo of one {}.
a doodle of a {}.
a close-up photo of the {}.
a photo of a {}.
the origami {}.
the {} in a video game.
a sketch of a {}.
a doodle of the {}.
a origami {}.
a low resolution photo of a {}.
the toy {}.
a rendition of the {}.
a photo of the clean {}.
a photo of a large {}.
a rendition of a {}.
a photo of a nice {}.
a photo of a weird {}.
a blurry photo of a {}.
a cartoon {}.
art of a {}.
a sketch of the {}.
a embroidered {}.
a pixelated photo of a {}.
itap of the {}.
a jpeg corrupted photo of the {}.
a good photo of a {}.
a plushie {}.
a photo of the nice {}.
a photo of the small {}.
a photo of the weird {}.
the cartoon {}.
art of the {}.
a drawing of the {}.
a photo of the large {}.
a black and white photo of a {}.
the plushie {}.
a dark photo of a {}.
itap of a {}.
graffiti of the {}.
a toy {}.
itap of my {}.
a photo of a cool {}.
a photo of a small {}.
a tattoo of the {}.
{}`,
	"clip_best": `itap of a {}.
a bad photo of the {}.
a origami {}.
a photo of the large {}.
a {} in a video game.
art of the {}.
a photo of the small {}.
{}`,
}
