package hubfolder

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder writes files into a folder.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const config = `{"model_type": "siglip"}`

func TestOpen_TurnsProcessorsIntoOps(t *testing.T) {
	for _, c := range []struct{ file, content, ops string }{
		{PreprocessorFile, `{"image_processor_type": "SiglipImageProcessor", "size": {"height": 224, "width": 224}, "resample": 3}`,
			"decode|resize(224,224,bicubic,pil)|value_range(-1,1)"},
		{PreprocessorFile, `{"image_processor_type": "SiglipImageProcessorFast", "size": {"height": 8, "width": 16}, "resample": 2, "do_normalize": false}`,
			"decode|resize(8,16,bilinear,pil)|value_range(0,1)"},
		{ProcessorFile, `{"image_processor": {"size": {"height": 8, "width": 8}, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.5, 0.5]}}`,
			"decode|resize(8,8,bicubic,pil)|vgg_value_range(25.5,51,76.5,127.5,127.5,127.5)"},
		{PreprocessorFile, `{"size": {"height": 9, "width": 9}, "do_center_crop": true, "crop_size": 8, "do_rescale": false, "do_normalize": false}`,
			"decode|resize(9,9,bicubic,pil)|central_crop(8,8)"},
		{PreprocessorFile, `{"image_processor_type": "Siglip2ImageProcessorFast", "resample": 2, "patch_size": 14, "max_num_patches": 1024, "do_convert_rgb": null}`,
			"decode|resize_to_sequence(14,1024,bilinear,pil)|value_range(-1,1)"},
		{PreprocessorFile, `{"image_processor_type": "Siglip2ImageProcessor", "image_mean": [0, 0, 0], "image_std": [1, 1, 1], "resample": 3}`,
			"decode|resize_to_sequence(16,256,bicubic,pil)|value_range(0,1)"},
		{ProcessorFile, `{"image_processor": {"image_processor_type": "Siglip2ImageProcessorPil"}}`, DefaultSequenceOps(16)},
	} {
		f, err := Open(folder(t, map[string]string{ConfigFile: config, c.file: c.content}))
		if err != nil {
			t.Errorf("%s: %v", c.content, err)
			continue
		}
		if f.Images.Ops != c.ops {
			t.Errorf("%s: ops %s, want %s", c.content, f.Images.Ops, c.ops)
		}
	}
}

func TestOpen_NamesKeysThatDoNothing(t *testing.T) {
	for kind, want := range map[string]int{"Siglip2ImageProcessor": 0, "SiglipImageProcessor": 2} {
		f, err := Open(folder(t, map[string]string{ConfigFile: config, PreprocessorFile: `{"image_processor_type": "` + kind + `", "patch_size": 16, "max_num_patches": 256}`}))
		if err != nil || len(f.Images.Notes) != want {
			t.Errorf("%s: %+v, %v", kind, f, err)
		}
	}
}

func TestProcessorOf_ReadsBack(t *testing.T) {
	for _, ops := range []string{
		"decode|resize(224,224,bicubic,pil)|value_range(-1,1)", "decode|resize(8,16,bilinear,pil)|value_range(0,1)",
		"decode|resize(8,8,bicubic,pil)|vgg_value_range(25.5,51,76.5,127.5,127.5,127.5)",
		"decode|resize_to_sequence(14,1024,bilinear,pil)|value_range(-1,1)", "decode|resize_to_sequence(16,256,bicubic,pil)|value_range(0,1)",
	} {
		object, exact, err := ProcessorOf(ops)
		if err != nil || !exact {
			t.Fatalf("%s: %v, %v", ops, exact, err)
		}
		dir := folder(t, map[string]string{ConfigFile: config})
		if err := Write(dir, PreprocessorFile, object); err != nil {
			t.Fatal(err)
		}
		f, err := Open(dir)
		if err != nil || f.Images.Ops != ops {
			t.Errorf("%s became %+v, %v", ops, f, err)
		}
	}
	for _, ops := range []string{"decode|value_range(-1,1)", "decode|resize_small(8)|value_range(-1,1)", "decode|resize(8,antialias=false)"} {
		if _, _, err := ProcessorOf(ops); err == nil {
			t.Errorf("%s was written", ops)
		}
	}
}

func TestOpen_RefusesWhatComesOutDifferently(t *testing.T) {
	for _, c := range []struct{ file, content, want string }{
		{ConfigFile, `{}`, "no model_type"},
		{ConfigFile, `{"model_type": "siglip", "model_type": "t5"}`, "duplicate"},
		{ConfigFile, `[1]`, "config.json"},
		{ConfigFile, strings.Repeat(" ", maxConfig+1), "more than"},
		{PreprocessorFile, `{"size": {"height": 1000000, "width": 8}}`, "legal is"},
		{PreprocessorFile, `{"size": {"shortest_edge": 224}}`, "legal is"},
		{PreprocessorFile, `{"size": {"height": 8, "width": 8}, "resample": 1}`, "resample is 1"},
		{PreprocessorFile, `{"image_std": [0, 0, 0]}`, "out of range"},
		{PreprocessorFile, `{"image_processor_type": "Siglip2ImageProcessor", "max_num_patches": 0}`, "max_num_patches is 0"},
		{PreprocessorFile, `{"image_processor_type": "Siglip2ImageProcessor", "patch_size": 100000000}`, "patch_size is 100000000"},
		{PreprocessorFile, `{"image_processor_type": "Siglip2ImageProcessor", "max_num_patches": "many"}`, "max_num_patches"},
		{PreprocessorFile, `{"image_processor_type": "Siglip2ImageProcessor", "do_resize": false}`, "do_resize is false"},
		{PreprocessorFile, `{"image_mean": [0.5]}`, "has 1 values"},
		{PreprocessorFile, `{"do_pad": true}`, "do_pad"},
		{PreprocessorFile, `{"do_resize": false}`, "do_resize is false"},
		{PreprocessorFile, `{"image_processor_type": "CLIPImageProcessor"}`, "leaves out size"},
		{TokenizerFile, `{"extra_ids": -1}`, "extra_ids is -1"},
		{TokenizerFile, `{"tokenizer_class": "SiglipTokenizer", "do_lower_case": false}`, "do_lower_case is false"},
		{TokenizerFile, `{"added_tokens_decoder": {"x": {"content": "y"}}}`, "not an id"},
		{TokenizerFile, `{"tokenizer_class": 5}`, "tokenizer_class"},
	} {
		files := map[string]string{ConfigFile: config, "spiece.model": "model"}
		files[c.file] = c.content
		_, err := Open(folder(t, files))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.file) {
			t.Errorf("%s %.60s: error %v, want one with the file and %q", c.file, c.content, err, c.want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(config, `{"size": {"height": 8, "width": 8}, "image_mean": 0.5}`, `{"extra_ids": 10, "added_tokens_decoder": {"3": {"content": "<loc0000>"}}}`)
	f.Add(config, `{"size": 224, "crop_size": [1, 2], "resample": null}`, `{"eos_token": {"content": "</s>"}, "extra_special_tokens": ["<extra_id_0>"]}`)
	f.Add(config, `{"image_processor_type": "Siglip2ImageProcessor", "patch_size": 16, "max_num_patches": 256}`, `{}`)
	f.Fuzz(func(t *testing.T, config, processor, tokenizer string) {
		found, err := Open(folder(t, map[string]string{ConfigFile: config, PreprocessorFile: processor, TokenizerFile: tokenizer, "spiece.model": ""}))
		if err == nil && (found.Images.Height > maxSide || found.Images.Patch > maxSide || found.Tokenizer.Sentinels > 1<<16) {
			t.Errorf("accepted %+v and %+v", found.Images, found.Tokenizer)
		}
	})
}
