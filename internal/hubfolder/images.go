package hubfolder

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
)

// Images says how a folder's image processor makes pixels.
type Images struct {
	// File that says so.
	File string
	// Type of the processor, for example "SiglipImageProcessor".
	Type string
	// Ops are the same steps in the language of package augment, "" if it has none like them.
	Ops string
	// Height and Width of what they make, 0 for images of any aspect (NaFlex), which they make of
	// patches of Patch pixels.
	Height, Width, Patch int
	// Notes say what the ops leave out.
	Notes []string
}

// processor is the content of preprocessor_config.json, with the defaults of transformers'
// SiglipImageProcessor, which PaliGemma uses, too.
type processor struct {
	kind                                  string
	resize, rescale, normalize, rgb, crop bool
	height, width, cropHeight, cropWidth  int
	patch, patches                        int // of a NaFlex processor, otherwise 0
	resample                              int
	factor                                float64
	mean, std                             []float64
}

// readImages reads how a folder makes pixels. It returns nil if the folder does not say.
func readImages(dir string) (*Images, error) {
	path := filepath.Join(dir, PreprocessorFile)
	object, err := readObject(path, maxConfig)
	if err != nil {
		return nil, err
	}
	if object == nil { // transformers 5 writes it into processor_config.json
		path = filepath.Join(dir, ProcessorFile)
		whole, err := readObject(path, maxConfig)
		if err != nil {
			return nil, err
		}
		if given, err := take(path, whole, "image_processor", &object); err != nil || !given {
			return nil, err
		}
	}
	p, err := parseProcessor(path, object)
	if err != nil {
		return nil, err
	}
	found := &Images{File: path, Type: p.kind, Notes: p.unknownKeys(path, object)}
	if !p.rgb {
		found.Notes = append(found.Notes, filepath.Base(path)+": do_convert_rgb is false; images that are not RGB are converted nevertheless")
	}
	if found.Ops, err = p.ops(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	found.Height, found.Width, found.Patch = p.height, p.width, p.patch
	if p.crop {
		found.Height, found.Width = p.cropHeight, p.cropWidth
	}
	return found, nil
}

// knownProcessors are the types whose defaults processor has, naflexProcessors those of SigLIP 2's
// NaFlex models.
var (
	knownProcessors  = []string{"SiglipImageProcessor", "SiglipImageProcessorFast", "SiglipImageProcessorPil", "SiglipFeatureExtractor"}
	naflexProcessors = []string{"Siglip2ImageProcessor", "Siglip2ImageProcessorFast", "Siglip2ImageProcessorPil"}
)

// knownKeys do not change the pixels, or are read.
var knownKeys = strings.Fields(`image_processor_type feature_extractor_type processor_class do_resize size resample do_rescale
	rescale_factor do_normalize image_mean image_std do_convert_rgb do_center_crop crop_size default_to_square image_seq_length
	do_pan_and_scan pan_and_scan_min_crop_size pan_and_scan_max_num_crops pan_and_scan_min_ratio_to_activate
	auto_map return_tensors data_format input_data_format device disable_grouping size_divisor do_pad pad_size backend _processor_class`)

// unknownKeys names the keys that are ignored.
func (p processor) unknownKeys(path string, object map[string]json.RawMessage) (notes []string) {
	for key, value := range object {
		if p.patch > 0 && (key == "patch_size" || key == "max_num_patches") {
			continue
		}
		if !slices.Contains(knownKeys, key) && string(value) != "null" {
			notes = append(notes, fmt.Sprintf("%s: %s is ignored", filepath.Base(path), key))
		}
	}
	slices.Sort(notes)
	return notes
}

func parseProcessor(path string, object map[string]json.RawMessage) (p processor, err error) {
	p = processor{resize: true, rescale: true, normalize: true, rgb: true, height: 224, width: 224, resample: bicubic,
		factor: 1.0 / 255, mean: []float64{0.5, 0.5, 0.5}, std: []float64{0.5, 0.5, 0.5}}
	get := func(key string, into any) {
		if err == nil {
			_, err = take(path, object, key, into)
		}
	}
	get("feature_extractor_type", &p.kind)
	get("image_processor_type", &p.kind)
	get("do_resize", &p.resize)
	get("do_rescale", &p.rescale)
	get("do_normalize", &p.normalize)
	get("do_convert_rgb", &p.rgb)
	get("do_center_crop", &p.crop)
	get("resample", &p.resample)
	get("rescale_factor", &p.factor)
	p.mean, p.std = channels(get, "image_mean", p.mean), channels(get, "image_std", p.std)
	pad, scan := false, false
	get("do_pad", &pad)
	get("do_pan_and_scan", &scan)
	if err != nil {
		return p, err
	}
	if scan {
		return p, fmt.Errorf("%s: do_pan_and_scan is true: no op makes several crops of an image", path)
	}
	if pad {
		return p, fmt.Errorf("%s: do_pad is true: no op pads images", path)
	}
	switch {
	case slices.Contains(naflexProcessors, p.kind):
		return p, p.sequence(path, object)
	case p.kind != "" && !slices.Contains(knownProcessors, p.kind):
		return p, p.needs(path, object)
	}
	return p, p.sizes(path, object)
}

// Defaults of transformers' Siglip2ImageProcessor.
const (
	naflexPatch   = 16
	naflexPatches = 256
)

// sequence reads the sizes of a NaFlex processor, which resizes images to as many whole patches as
// they may have.
func (p *processor) sequence(path string, object map[string]json.RawMessage) error {
	p.height, p.width, p.patch, p.patches = 0, 0, naflexPatch, naflexPatches
	if _, given := object["resample"]; !given {
		p.resample = bilinear
	}
	for _, key := range []struct {
		name string
		into *int
	}{{"patch_size", &p.patch}, {"max_num_patches", &p.patches}} {
		if _, err := take(path, object, key.name, key.into); err != nil {
			return err
		}
		if *key.into < 1 || *key.into > maxSide {
			return fmt.Errorf("%s: %s is %d; legal are 1 to %d", path, key.name, *key.into, maxSide)
		}
	}
	if p.crop {
		return fmt.Errorf("%s: do_center_crop is true: %s cuts out nothing", path, p.kind)
	}
	return nil
}

// channels reads a number for each channel, or one for all.
func channels(get func(string, any), key string, otherwise []float64) []float64 {
	var raw json.RawMessage
	get(key, &raw)
	if raw == nil {
		return otherwise
	}
	var one float64
	if json.Unmarshal(raw, &one) == nil {
		return []float64{one, one, one}
	}
	values := []float64{}
	get(key, &values)
	return values
}

// needs requires a processor of another type to state what differs between types.
func (p *processor) needs(path string, object map[string]json.RawMessage) error {
	for _, key := range []string{"size", "resample", "image_mean", "image_std", "do_resize", "do_rescale", "do_normalize"} {
		if _, has := object[key]; !has {
			return fmt.Errorf("%s: image_processor_type %q is not one of %s, and it leaves out %s", path, p.kind, strings.Join(knownProcessors, ", "), key)
		}
	}
	return p.sizes(path, object)
}

// sizes reads the size to resize to and the size to cut out.
func (p *processor) sizes(path string, object map[string]json.RawMessage) error {
	var err error
	if p.resize {
		if p.height, p.width, err = sizeOf(path, object, "size", p.height, p.width); err != nil {
			return err
		}
	}
	if p.crop {
		p.cropHeight, p.cropWidth, err = sizeOf(path, object, "crop_size", p.height, p.width)
	}
	return err
}

// maxSide bounds the sides of images. PaliGemma's largest are 896.
const maxSide = 4096

func sizeOf(path string, object map[string]json.RawMessage, key string, height, width int) (int, int, error) {
	var raw json.RawMessage
	if given, err := take(path, object, key, &raw); err != nil || !given {
		return height, width, err
	}
	var size map[string]int
	if err := json.Unmarshal(raw, &size); err != nil {
		if json.Unmarshal(raw, &height) == nil { // one number means a square
			size = map[string]int{"height": height, "width": height}
		}
	}
	height, width = size["height"], size["width"]
	if len(size) != 2 || height < 1 || width < 1 || height > maxSide || width > maxSide {
		return 0, 0, fmt.Errorf(`%s: %s is %.60s; legal is {"height": H, "width": W} with 1 to %d`, path, key, raw, maxSide)
	}
	return height, width, nil
}

// Resampling filters of Pillow that augment has.
const (
	nearest  = 0
	bilinear = 2
	bicubic  = 3
)

var resampleNames = map[int]string{nearest: "nearest", bilinear: "bilinear", bicubic: "bicubic"}

// ops returns the steps: convert to RGB, resize, cut out, rescale, normalise.
func (p processor) ops() (string, error) {
	ops := []string{"decode"} // transparency over white, as convert_to_rgb of transformers 5
	if p.resize {
		method, known := resampleNames[p.resample]
		if !known {
			return "", fmt.Errorf("resample is %d; legal are 0 (nearest), 2 (bilinear) and 3 (bicubic)", p.resample)
		}
		resize := fmt.Sprintf("resize(%d,%d,%s,pil)", p.height, p.width, method)
		if p.patch > 0 {
			resize = fmt.Sprintf("resize_to_sequence(%d,%d,%s,pil)", p.patch, p.patches, method)
		}
		ops = append(ops, resize)
	}
	if p.crop {
		ops = append(ops, fmt.Sprintf("central_crop(%d,%d)", p.cropHeight, p.cropWidth))
	}
	if !p.resize && !p.crop {
		return "", fmt.Errorf("do_resize is false: images of different sizes make no batch")
	}
	scale, err := p.scale()
	if scale != "" {
		ops = append(ops, scale)
	}
	return strings.Join(ops, "|"), err
}

// scale returns the op that rescales and normalises, "" for none.
func (p processor) scale() (string, error) {
	factor := 1.0
	if p.rescale {
		factor = p.factor
	}
	mean, std := []float64{0, 0, 0}, []float64{1, 1, 1}
	if p.normalize {
		mean, std = p.mean, p.std
	}
	if len(mean) != 3 || len(std) != 3 {
		return "", fmt.Errorf("image_mean has %d values and image_std %d; legal are 3, or one number", len(mean), len(std))
	}
	for i, v := range append(append([]float64{factor}, mean...), std...) {
		if math.IsNaN(v) || math.IsInf(v, 0) || math.Abs(v) > 1e6 || (i == 0 || i > 3) && math.Abs(v) < 1e-6 {
			return "", fmt.Errorf("rescale_factor %g, image_mean %g, image_std %g: out of range", factor, mean, std)
		}
	}
	alike := mean[0] == mean[1] && mean[1] == mean[2] && std[0] == std[1] && std[1] == std[2]
	low, high := -mean[0]/std[0], (255*factor-mean[0])/std[0]
	switch {
	case alike && low == 0 && high == 255:
		return "", nil
	case alike:
		return fmt.Sprintf("value_range(%s,%s)", number(low), number(high)), nil
	}
	all := make([]string, 6)
	for i := range 3 {
		all[i], all[3+i] = number(mean[i]/factor), number(std[i]/factor)
	}
	return fmt.Sprintf("vgg_value_range(%s)", strings.Join(all, ",")), nil
}

// number writes a number, whole if it is so but for rounding.
func number(v float64) string {
	if whole := math.Round(v) + 0; math.Abs(v-whole) < 1e-9 { // no -0
		return fmt.Sprint(whole)
	}
	return fmt.Sprintf("%.10g", v)
}

// DefaultOps are the steps of SigLIP's and PaliGemma's processors.
func DefaultOps(height, width int) string {
	return fmt.Sprintf("decode|resize(%d,%d,bicubic,pil)|value_range(-1,1)", height, width)
}

// DefaultSequenceOps are the steps of SigLIP 2's NaFlex processor.
func DefaultSequenceOps(patch int) string {
	return fmt.Sprintf("decode|resize_to_sequence(%d,%d,bilinear,pil)|value_range(-1,1)", patch, naflexPatches)
}
