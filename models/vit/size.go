package vit

import (
	"encoding/json"
	"fmt"
)

// Size is the size of an image in pixels. In YAML and JSON a square is one number, 224, and any
// other size is [height, width].
type Size struct {
	Height, Width int
}

// Side returns the size of a square image with the given side.
func Side(side int) Size { return Size{Height: side, Width: side} }

// IsZero reports whether no size is given.
func (s Size) IsZero() bool { return s == Size{} }

// String returns "224" or "224 by 448".
func (s Size) String() string {
	if s.Height == s.Width {
		return fmt.Sprint(s.Height)
	}
	return fmt.Sprintf("%d by %d", s.Height, s.Width)
}

// MarshalYAML returns a number for a square, and a list of height and width otherwise.
func (s Size) MarshalYAML() (any, error) { return s.value(), nil }

// MarshalJSON writes a number for a square, and a list of height and width otherwise.
func (s Size) MarshalJSON() ([]byte, error) { return json.Marshal(s.value()) }

func (s Size) value() any {
	if s.Height == s.Width {
		return s.Height
	}
	return []int{s.Height, s.Width}
}

// UnmarshalYAML reads a number or a list of height and width.
func (s *Size) UnmarshalYAML(unmarshal func(any) error) error { return s.read(unmarshal) }

// UnmarshalJSON reads a number or a list of height and width.
func (s *Size) UnmarshalJSON(text []byte) error {
	return s.read(func(into any) error { return json.Unmarshal(text, into) })
}

func (s *Size) read(unmarshal func(any) error) error {
	var side int
	if unmarshal(&side) == nil {
		*s = Side(side)
		return nil
	}
	var both []int
	if err := unmarshal(&both); err != nil || len(both) != 2 {
		return fmt.Errorf("an image size is one number of pixels, or [height, width]")
	}
	*s = Size{Height: both[0], Width: both[1]}
	return nil
}
