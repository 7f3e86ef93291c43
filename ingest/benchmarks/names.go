package benchmarks

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// cocoSets are the sets of COCO's images. The images are published twice:
// COCO_val2014_000000000042.jpg in val2014, and 000000000042.jpg in train2017 or val2017. A number
// is the same image everywhere, so all of these names may be tried.
var cocoSets = []string{"train2014", "val2014", "train2017", "val2017"}

// cocoNames returns the names that COCO's image with a number may have. The names in set, such as
// val2014, come first. For an id that is not a COCO number it returns none.
func cocoNames(id, set string) (names []string) {
	if !isDigits(id) || len(strings.TrimLeft(id, "0")) > 12 {
		return nil
	}
	number := fmt.Sprintf("%012s", strings.TrimLeft(id, "0"))
	sets := cocoSets
	if set = cocoSet(set); set != "" {
		sets = append([]string{set}, sets...)
	}
	name := number + ".jpg"
	add := func(name string) {
		for _, there := range names {
			if there == name {
				return
			}
		}
		names = append(names, name)
	}
	if set != "" {
		add(cocoName(number, set))
		add(set + "/" + cocoName(number, set))
	}
	add(name)
	for _, set := range sets {
		if name := cocoName(number, set); name != number+".jpg" {
			add(name)
		}
		add(set + "/" + cocoName(number, set))
	}
	return names
}

// cocoName returns the name of an image, given twelve digits, in a set.
func cocoName(number, set string) string {
	if strings.HasSuffix(set, "2017") {
		return number + ".jpg"
	}
	return fmt.Sprintf("COCO_%s_%s.jpg", set, number)
}

// cocoSet returns the set of images for a name such as mscoco_val2017 or test-dev2015, or "".
func cocoSet(name string) string {
	name = strings.TrimPrefix(name, "mscoco_")
	if strings.HasPrefix(name, "test-") {
		name = "test" + name[max(0, len(name)-4):]
	}
	for _, part := range []string{"train", "val", "test", "unlabeled"} {
		if year, is := strings.CutPrefix(name, part); is && len(year) == 4 && isDigits(year) {
			return name
		}
	}
	return ""
}

// cocoNumber returns the number in a file name of COCO: twelve digits, alone or after
// COCO_val2014_.
func cocoNumber(name string) string {
	stem, is := strings.CutSuffix(path.Base(name), ".jpg")
	if !is {
		return ""
	}
	if rest, is := strings.CutPrefix(stem, "COCO_"); is {
		_, stem, _ = strings.Cut(rest, "_")
	}
	if len(stem) != 12 || !isDigits(stem) {
		return ""
	}
	return stem
}

// slashed returns a path of any operating system with slashes and without a leading "./".
func slashed(name string) string {
	name = strings.ReplaceAll(name, `\`, "/")
	for strings.HasPrefix(name, "./") {
		name = strings.TrimLeft(name[2:], "/")
	}
	return name
}

// otherNames returns further names that the image of a file_name may have below the folder of
// images: without its first folders, if no other image has the same base name; in the folders where
// tools put images; and as COCO's image with that number.
func otherNames(name string, alone func(base string) bool) (names []string) {
	if strings.Contains(name, "/") && alone(path.Base(name)) {
		for rest := name; ; {
			var deeper bool
			if _, rest, deeper = strings.Cut(rest, "/"); !deeper {
				break
			}
			if rest != "" && !strings.HasPrefix(rest, "/") && rest != ".." && !strings.HasPrefix(rest, "../") {
				names = append(names, rest)
			}
		}
	}
	for _, folder := range []string{"images", "images/default", "data", "JPEGImages"} {
		if !strings.HasPrefix(name, folder+"/") && name != "" && name[0] != '/' && !strings.HasPrefix(name, "../") {
			names = append(names, folder+"/"+name)
		}
	}
	if number := cocoNumber(name); number != "" {
		for _, coco := range cocoNames(number, "") {
			if coco != name {
				names = append(names, coco)
			}
		}
	}
	return names
}

// baseNames tells which base names are unique among the images of a file. It reads the file on the
// first call, because most files have no folders in their names.
type baseNames struct {
	ctx  context.Context
	file string
	of   map[uint64]uint64 // hash of a name without folders -> hash of the name, 0 if there are several
}

func (b *baseNames) alone(base string) bool {
	if b.of == nil {
		b.of = map[uint64]uint64{}
		for m, err := range elementsTo[cocoImage](b.ctx, b.file, "images", false) {
			if err != nil {
				continue // readCOCO reports it
			}
			name := m.name()
			short, whole := xxhash.Sum64String(path.Base(name)), max(1, xxhash.Sum64String(name))
			if before, there := b.of[short]; there && before != whole {
				whole = 0
			}
			b.of[short] = whole
		}
	}
	return b.of[xxhash.Sum64String(base)] != 0
}
