package sidecar

import (
	"regexp"
	"strings"
)

// labelLine is a line of a YOLO label file: a class number, then the centre, width and height of a
// box as fractions, or the corners of an outline.
var labelLine = regexp.MustCompile(`^\d+( +(0|1|\d?\.\d+|\de-\d+)(e-?\d+)?){4,}\s*$`)

// IsLabelFile reports whether a text file beside an image holds labels in YOLO's layout rather than
// a caption.
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
