package fetch

import (
	"net/http"
	"strings"
)

// OptOut returns the header that opts the response out of training, or "" if there is none. It
// recognises
//   - X-Robots-Tag with noai, noimageai, noindex, noimageindex or none, for all programs or for
//     this one,
//   - TDM-Reservation: 1 (the W3C community group's TDM Reservation Protocol),
//   - Content-Usage with train-ai=n or ai=n (the IETF's AI preferences, a draft),
//   - Content-Signal with ai-train=no.
func OptOut(header http.Header, program string) string {
	for _, line := range header.Values("X-Robots-Tag") {
		if forbidsRobots(line, program) {
			return "X-Robots-Tag: " + line
		}
	}
	for _, line := range header.Values("Tdm-Reservation") {
		if strings.TrimSpace(line) == "1" {
			return "TDM-Reservation: 1"
		}
	}
	for _, name := range []string{"Content-Usage", "Content-Signal"} {
		for _, line := range header.Values(name) {
			if forbidsTraining(line) {
				return name + ": " + line
			}
		}
	}
	return ""
}

// forbidsRobots reads a line such as "noai, noindex" or "otherbot: noindex, pali3: noai". A name
// before a colon says which program the following rules are for.
func forbidsRobots(line, program string) bool {
	ours := true
	for rule := range strings.SplitSeq(line, ",") {
		rule = strings.ToLower(strings.TrimSpace(rule))
		if name, value, named := strings.Cut(rule, ":"); named && !valued[strings.TrimSpace(name)] {
			ours = strings.EqualFold(strings.TrimSpace(name), program)
			rule = strings.TrimSpace(value)
		}
		switch rule {
		case "noai", "noimageai", "noindex", "noimageindex", "none":
			if ours {
				return true
			}
		}
	}
	return false
}

// valued are the rules of X-Robots-Tag that have a value after a colon.
var valued = map[string]bool{"max-snippet": true, "max-image-preview": true, "max-video-preview": true, "unavailable_after": true}

// forbidsTraining reads a line such as "search=yes, ai-train=no".
func forbidsTraining(line string) bool {
	for rule := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
		switch strings.ToLower(rule) {
		case "train-ai=n", "ai=n", "ai-train=no":
			return true
		}
	}
	return false
}
