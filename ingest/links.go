package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/pali3/pali3/ingest/page"
)

// link is a line of [WARC.Links].
type link struct {
	URL       string `json:"url"`
	Text      string `json:"text"` // the alternative text, or else the caption, or else the title
	Alt       string `json:"alt,omitempty"`
	Title     string `json:"title,omitempty"`
	Caption   string `json:"caption,omitempty"`
	Before    string `json:"text_before,omitempty"`
	After     string `json:"text_after,omitempty"`
	Language  string `json:"language"`
	PageURL   string `json:"page_url"`
	PageTitle string `json:"page_title,omitempty"`
}

// Links writes the pictures that the archives' pages show, one JSON object a line: a table for [NewURLs], with the
// columns url, text and language. It returns how many there are. Data URIs and what cannot be read are left out.
func (w *WARC) Links(ctx context.Context, out io.Writer) (n int64, err error) {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for m := range w.mentions(ctx) {
		if m.record != nil || !strings.HasPrefix(m.image.URL, "http") {
			continue
		}
		i := m.image
		l := link{URL: i.URL, Text: i.Alt, Alt: i.Alt, Title: i.Title, Caption: i.Caption, Before: i.Before, After: i.After,
			Language: i.Language, PageURL: m.address, PageTitle: m.title}
		for _, other := range []string{i.Caption, i.Title} {
			if l.Text == "" {
				l.Text = other
			}
		}
		if err := encoder.Encode(l); err != nil {
			return n, err
		}
		n++
	}
	return n, ctx.Err()
}

// parseWAT reads what a WAT record says of a page's pictures, and the page's address.
func parseWAT(content []byte) (*page.Page, string, error) {
	var wat struct {
		Envelope struct {
			Header  map[string]any `json:"WARC-Header-Metadata"`
			Payload struct {
				Response struct {
					HTML struct {
						Head struct {
							Title string
							Base  string
						}
						Links []struct{ Path, URL, Alt, Title string }
					} `json:"HTML-Metadata"`
				} `json:"HTTP-Response-Metadata"`
			} `json:"Payload-Metadata"`
		}
	}
	if err := json.Unmarshal(content, &wat); err != nil {
		return nil, "", fmt.Errorf("reading WAT: %w", err)
	}
	address, _ := wat.Envelope.Header["WARC-Target-URI"].(string)
	html := wat.Envelope.Payload.Response.HTML
	p := &page.Page{Title: html.Head.Title}
	base, err := url.Parse(address)
	if err != nil {
		return nil, "", errors.New("reading WAT: the page's URL cannot be parsed")
	}
	if b, err := base.Parse(html.Head.Base); err == nil {
		base = b
	}
	for _, l := range html.Links {
		if !strings.HasPrefix(l.Path, "IMG@/") || l.URL == "" {
			continue
		}
		if target, err := base.Parse(l.URL); err == nil {
			p.Images = append(p.Images, page.Image{URL: target.String(), Alt: strings.TrimSpace(l.Alt), Title: strings.TrimSpace(l.Title)})
		}
	}
	return p, address, nil
}
