package augment

import "strings"

// MovesBoxes returns the first op of a pipeline that crops or flips images, or "". Such an op moves
// the pixels, but not the boxes of a sample. The pipeline is as [Parse] takes it.
func MovesBoxes(pipeline string) string {
	for op := range strings.SplitSeq(pipeline, "|") {
		name, _, _ := strings.Cut(op, "(")
		switch name = strings.TrimSpace(name); name {
		case "central_crop", "random_crop", "inception_crop", "flip_lr":
			return name
		}
	}
	return ""
}
