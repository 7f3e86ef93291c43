// Package fault declares the errors that readers of images return; test with errors.Is.
package fault

import "errors"

var (
	ErrFormat      = errors.New("not a JPEG, PNG, GIF, WebP, BMP or TIFF image")
	ErrTooLarge    = errors.New("image too large")
	ErrTruncated   = errors.New("image is cut short")
	ErrCorrupt     = errors.New("image corrupt")
	ErrUnsupported = errors.New("image of an unsupported kind")
)
