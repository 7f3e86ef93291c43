package benchmarks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/shards"
)

// figure is the content of a file of SciCap (tingyaohsu/SciCap, README, "JSON Scheme").
type figure struct {
	ID         words       `json:"figure-ID"` // with .png
	Type       words       `json:"figure-type"`
	Paper      words       `json:"paper-ID"`
	Subfigures words       `json:"contains-subfigure"`
	Extracted  words       `json:"0-originally-extracted"`
	Plain      figureText  `json:"1-lowercase-and-token-and-remove-figure-index"`
	Texts      list[words] `json:"Img-text"` // words in the figure
}

type figureText struct {
	Caption words `json:"caption"`
}

// readSciCap reads a split of SciCap, such as SciCap-Caption-All/Test: a folder with a file for
// each figure. The file of questions is the list of figures of one of the owner's experiments,
// such as List-of-Files-for-Each-Experiments/First-Sentence/No-Subfig/Test/file_idx.json; without
// it all figures of the folder are read. The caption is in lower case, in words between spaces and
// without the number of the figure, as PaliGemma is trained and scored on it.
func readSciCap(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		names, others, err := figureFiles(ctx, o)
		if err != nil {
			yield(item{left: others}, err)
			return
		}
		for _, name := range names {
			if ctx.Err() != nil {
				yield(item{}, fmt.Errorf("%w: %w", errBroken, context.Cause(ctx)))
				return
			}
			i, err := readFigure(o, name)
			if errors.Is(err, fs.ErrNotExist) {
				err = fmt.Errorf("there is no such file in %s, and %s lists it", baseName(o.Annotations), baseName(o.Questions))
			}
			if err != nil {
				err = fmt.Errorf("%s: %w", name, err)
			}
			if !yield(i, err) {
				return
			}
		}
		if len(others) > 0 {
			yield(asideOf(others), nil)
		}
	}
}

// figureFiles returns the names of the files to read.
func figureFiles(ctx context.Context, o Options) (names []string, others []shards.LeftOut, err error) {
	if o.Questions == "" {
		return filesOf(o.Annotations, ".json")
	}
	for name, err := range elements[words](ctx, o.Questions, "") {
		stem := strings.TrimSuffix(name.text, ".png")
		if err == nil && (stem == "" || stem != path.Base(stem) || stem != filepath.Base(stem) || stem[0] == '.') {
			err = fmt.Errorf("%w: %s lists %.100q, which is not the name of a figure such as 1001.0025v1-Figure2-1.png", errBroken, baseName(o.Questions), name.text)
		}
		if err != nil {
			return nil, nil, err
		}
		names = append(names, stem+".json")
	}
	return names, nil, nil
}

// readFigure reads a file.
func readFigure(o Options, name string) (item, error) {
	f, err := load[figure](filepath.Join(o.Annotations, name))
	if err != nil {
		return item{}, err
	}
	id := cmp.Or(f.ID.text, strings.TrimSuffix(name, ".json")+".png")
	var places []string
	for _, part := range []string{"SciCap-No-Subfig-Img", "SciCap-Yes-Subfig-Img"} {
		for _, split := range []string{"Train", "Val", "Test", "train", "val", "test"} {
			places = append(places, path.Join(split, id), path.Join(part, split, id))
		}
	}
	i := about(id, append([]string{id}, places...)...)
	i.sample.Split = o.Split
	caption := f.Plain.Caption
	if !caption.given {
		caption = f.Extracted
	}
	i.say("en", caption, id)
	i.metadata("figure_type", f.Type)
	i.metadata("paper", f.Paper)
	i.metadata("contains_subfigure", f.Subfigures)
	var shown []string
	for _, w := range f.Texts.items {
		if w.text != "" {
			shown = append(shown, w.text)
		}
	}
	if len(shown) > 0 {
		i.sample.Texts = append(i.sample.Texts, shards.Text{Kind: shards.OCR, Language: "en", Value: strings.Join(shown, " ")})
	}
	i.lose(shards.LeftText, id+": Img-text", f.Texts.bad, f.Texts.fault)
	return i, i.checked(nil)
}
