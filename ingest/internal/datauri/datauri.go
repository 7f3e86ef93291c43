package datauri

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/pali3/pali3/ingest/internal/input"
)

func Is(address string) bool {
	return len(address) >= 5 && strings.EqualFold(address[:5], "data:")
}

// Decode decodes the part of a data URI after "data:" (RFC 2397): a media type, an optional
// ;base64, a comma, and the content.
func Decode(rest string) ([]byte, error) {
	kind, encoded, found := strings.Cut(rest, ",")
	if !found {
		return nil, errors.New("data URI without a comma")
	}
	if len(encoded) > input.MaxImageFile/3*4 {
		return nil, fmt.Errorf("a data URI of %d bytes", len(encoded))
	}
	plain, err := url.PathUnescape(encoded)
	if err != nil {
		return nil, fmt.Errorf("a data URI: %w", err)
	}
	if !strings.HasSuffix(strings.ToLower(strings.TrimSpace(kind)), "base64") {
		return []byte(plain), nil
	}
	plain = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n':
			return -1
		}
		return r
	}, plain)
	encoding := base64.StdEncoding
	if strings.ContainsAny(plain, "-_") {
		encoding = base64.URLEncoding
	}
	content, err := encoding.WithPadding(base64.NoPadding).DecodeString(strings.TrimRight(plain, "="))
	if err != nil {
		return nil, fmt.Errorf("a data URI: %w", err)
	}
	return content, nil
}
