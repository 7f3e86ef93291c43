package hubfolder

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
)

// Write writes a JSON object to a file of a folder. Floats have a decimal point, because
// transformers refuses 1 where it wants 1.0.
func Write(dir, name string, object map[string]any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(pointed(object)); err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Join(dir, name), err)
	}
	return atomicfile.WriteBytes(filepath.Join(dir, name), text.Bytes())
}

// pointed returns a value with all floats as numbers that have a decimal point or an exponent.
func pointed(value any) any {
	switch v := value.(type) {
	case map[string]any:
		all := map[string]any{}
		for key, one := range v {
			all[key] = pointed(one)
		}
		return all
	case []float64:
		all := make([]any, len(v))
		for i, one := range v {
			all[i] = pointed(one)
		}
		return all
	case float64:
		text := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return json.Number(text)
	}
	return value
}

// ProcessorOf returns the content of preprocessor_config.json for image ops: decode, resize, and
// value_range or vgg_value_range. It is an error if transformers has no such steps. Exact is false
// if its pixels are rounded where those of the ops are not.
func ProcessorOf(ops string) (object map[string]any, exact bool, err error) {
	object = map[string]any{
		"image_processor_type": "SiglipImageProcessor", "do_convert_rgb": true, "do_resize": false, "do_rescale": true,
		"rescale_factor": 1.0 / 255, "do_normalize": false, "image_mean": []float64{0, 0, 0}, "image_std": []float64{1, 1, 1},
	}
	for i, op := range strings.Split(ops, "|") {
		name, arguments, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(op), ")"), "(")
		values := strings.FieldsFunc(arguments, func(r rune) bool { return r == ',' || r == ' ' })
		switch {
		case i == 0 && op == "decode":
		case i == 1 && name == "resize":
			exact, err = processorSize(object, values)
		case i == 1 && name == "resize_to_sequence":
			exact, err = processorSequence(object, values)
		case i == 2 && name == "value_range" && len(values) == 2:
			err = processorRange(object, values)
		case i == 2 && name == "vgg_value_range" && len(values) == 6:
			err = processorMeans(object, values)
		default:
			err = fmt.Errorf("no step is like %s", op)
		}
		if err != nil {
			return nil, false, fmt.Errorf("image ops %q as transformers' image processor: %w", ops, err)
		}
	}
	if object["do_resize"] == false {
		return nil, false, fmt.Errorf("image ops %q as transformers' image processor: they have no resize", ops)
	}
	return object, exact, nil
}

// processorSize reads resize(size | height, width, [method], [antialias]).
func processorSize(object map[string]any, values []string) (exact bool, err error) {
	var sides []int
	for len(values) > 0 && len(sides) < 2 {
		side, err := strconv.Atoi(values[0])
		if err != nil {
			break
		}
		sides, values = append(sides, side), values[1:]
	}
	if len(sides) == 1 {
		sides = append(sides, sides[0])
	}
	if len(sides) != 2 {
		return false, fmt.Errorf("resize has no size")
	}
	object["size"] = map[string]int{"height": sides[0], "width": sides[1]}
	return processorResampling(object, values)
}

// processorSequence reads resize_to_sequence(patch_size, max_sequence_len, [method], [antialias]).
func processorSequence(object map[string]any, values []string) (exact bool, err error) {
	for i, key := range []string{"patch_size", "max_num_patches"} {
		if i == len(values) {
			return false, fmt.Errorf("resize_to_sequence has no %s", key)
		}
		number, err := strconv.Atoi(valueOf(values[i]))
		if err != nil {
			return false, fmt.Errorf("resize_to_sequence has %q for %s", values[i], key)
		}
		object[key] = number
	}
	object["image_processor_type"] = naflexProcessors[0]
	return processorResampling(object, values[2:])
}

// processorResampling reads [method], [antialias].
func processorResampling(object map[string]any, values []string) (exact bool, err error) {
	resample := bilinear
	for _, value := range values {
		switch value = valueOf(value); value {
		case "bilinear":
		case "bicubic":
			resample = bicubic
		case "nearest":
			resample = nearest
		case "true":
		case "pil":
			exact = true
		default:
			return false, fmt.Errorf("resize with %s is not what Pillow does", value)
		}
	}
	object["do_resize"], object["resample"] = true, resample
	return exact, nil
}

// valueOf returns the value of an argument, which may be written as key=value.
func valueOf(argument string) string { return argument[strings.LastIndex(argument, "=")+1:] }

// processorRange turns value_range(low, high) into a mean and a deviation.
func processorRange(object map[string]any, values []string) error {
	low, err := strconv.ParseFloat(values[0], 64)
	high, err2 := strconv.ParseFloat(values[1], 64)
	if err != nil || err2 != nil || low == high {
		return fmt.Errorf("value_range(%s) has no two numbers", strings.Join(values, ","))
	}
	std := 1 / (high - low)
	mean := -low * std
	object["do_normalize"] = true
	object["image_mean"], object["image_std"] = []float64{mean, mean, mean}, []float64{std, std, std}
	return nil
}

// processorMeans turns vgg_value_range, in units of 0 to 255, into means and deviations.
func processorMeans(object map[string]any, values []string) error {
	var all []float64
	for _, value := range values {
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return fmt.Errorf("vgg_value_range has %q", value)
		}
		all = append(all, v/255)
	}
	object["do_normalize"], object["image_mean"], object["image_std"] = true, all[:3], all[3:]
	return nil
}
