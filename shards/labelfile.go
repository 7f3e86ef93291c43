package shards

import (
	"regexp"
	"strings"
)

// labelLine is a line of labels as YOLO's trainers write them beside an image: a class number, then
// the centre, width and height of a box as fractions, or the corners of an outline.
var labelLine = regexp.MustCompile(`^\d+( +(0|1|\d?\.\d+|\de-\d+)(e-?\d+)?){4,}\s*$`)

// IsLabelFile reports whether a text file beside an image holds labels in YOLO's layout. They are
// no caption.
func IsLabelFile(text string) bool {
	if text == "" {
		return false
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !labelLine.MatchString(line) {
			return false
		}
	}
	return true
}
