package cli

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/stages"
)

// classFlags say how eval classifies images.
type classFlags struct {
	LabelField  string   `placeholder:"NAME" help:"With --task classify: the metadata with the label of an image, an id, a name or a number of a class. Default: its title, as ingest folder --labels makes it."`
	ClassNames  string   `placeholder:"FILE" type:"existingfile" help:"With --task classify: the classes to choose from: a JSON list of names, names or ids and names one a line, or a JSON object of them. Default: the labels of the split."`
	ClassSubset string   `placeholder:"FILE" type:"existingfile" help:"With --class-names: the classes that the dataset has of them, by id, name or number, as a JSON list or one a line."`
	RealLabels  string   `placeholder:"FILE" type:"existingfile" help:"With --class-names: ReaL's real.json, whose labels replace those of ImageNet's validation images."`
	CropBorder  int      `placeholder:"PIXELS" help:"With --task classify: cut this many pixels off each edge of an image before the model's own image ops; 2 removes ObjectNet's red border."`
	Template    []string `sep:"none" placeholder:"TEXT" help:"With --task classify: text about a class, with {} in its place; clip_paper and clip_best are lists, @FILE has one a line or a JSON list. Several are averaged. Default: the class alone."`
	Synonyms    bool     `help:"With --task classify: embed all names of a class, not the first alone."`
	Canonical   bool     `help:"With --task classify: remove punctuation from names and templates and make them lower case, as big_vision does."`
}

// check returns an error if flags are missing or conflict.
func (f classFlags) check(model string, tasks []string) error {
	classify := slices.Contains(tasks, evalsuite.ClassifyTask)
	switch {
	case classify && model == "":
		return errors.New("--task classify needs a --model that compares images with texts")
	case !classify && !reflect.ValueOf(f).IsZero():
		return errors.New("--label-field, --class-names, --class-subset, --real-labels, --crop-border, --template, --synonyms and --canonical need --task classify")
	case f.CropBorder < 0:
		return fmt.Errorf("--crop-border must be 0 or more, not %d", f.CropBorder)
	case f.ClassNames == "" && (f.ClassSubset != "" || f.RealLabels != ""):
		return errors.New("--class-subset and --real-labels are numbers of classes: give --class-names")
	}
	return nil
}

// crop puts the cut of the border before the other image ops of the model.
func (f classFlags) crop(con *console, trained *stages.Trained) error {
	if f.CropBorder == 0 {
		return nil
	}
	if trained.Pipeline == nil {
		return errors.New("--crop-border: the model takes no images")
	}
	decode, rest, more := strings.Cut(trained.Pipeline.String(), "|")
	if name, _, _ := strings.Cut(strings.TrimSpace(decode), "("); name != "decode" || !more {
		return fmt.Errorf("--crop-border: the model's image ops %q do not begin with decode and another op", trained.Pipeline)
	}
	cut, err := con.program.Ops.Parse(fmt.Sprintf("%s|crop_border(%d)|%s", decode, f.CropBorder, rest))
	if err != nil {
		return fmt.Errorf("--crop-border: %w", err)
	}
	trained.Pipeline = cut
	return nil
}

// options reads the files.
func (f classFlags) options() (*evalsuite.ClassifyOptions, error) {
	o := &evalsuite.ClassifyOptions{LabelField: f.LabelField, Synonyms: f.Synonyms, Canonical: f.Canonical}
	var err error
	if f.ClassNames != "" {
		if o.Classes, err = evalsuite.ReadClasses(f.ClassNames); err != nil {
			return nil, err
		}
	}
	if f.ClassSubset != "" {
		if o.Subset, err = evalsuite.ReadClassSubset(f.ClassSubset, o.Classes); err != nil {
			return nil, err
		}
	}
	if f.RealLabels != "" {
		if o.Real, err = evalsuite.ReadRealLabels(f.RealLabels); err != nil {
			return nil, err
		}
	}
	for _, template := range f.Template {
		path, isFile := strings.CutPrefix(template, "@")
		if !isFile {
			o.Templates = append(o.Templates, template)
			continue
		}
		all, err := evalsuite.ReadTemplates(path)
		if err != nil {
			return nil, err
		}
		o.Templates = append(o.Templates, all...)
	}
	return o, nil
}
