package crawl

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/pali3/pali3/ingest/internal/address"
	"github.com/pali3/pali3/ingest/internal/page"
	"github.com/pali3/pali3/shards"
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

// LinkSummary counts what [WARC.Links] wrote, rejected and left out.
type LinkSummary struct {
	Links   int64            `json:"links"`
	Rejects map[string]int64 `json:"rejects"`  // reason -> pages and images that cannot be read
	LeftOut map[string]int64 `json:"left_out"` // reason, as in package shards -> how many
}

// Links writes one JSON object per line for each image on the archives' pages: a table for
// [tabular.NewURLs] with the columns url, text and language. It leaves out documents, data URIs and
// images without a web address.
func (w *WARC) Links(ctx context.Context, out io.Writer) (s LinkSummary, err error) {
	s.Rejects, s.LeftOut = map[string]int64{}, map[string]int64{}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for m := range w.mentions(ctx) {
		if m.record != nil {
			s.count(m.record)
			continue
		}
		if !strings.HasPrefix(m.image.URL, "http:") && !strings.HasPrefix(m.image.URL, "https:") {
			s.LeftOut[shards.LeftImage]++
			continue
		}
		if err := encoder.Encode(m.link()); err != nil {
			return s, err
		}
		s.Links++
	}
	return s, ctx.Err()
}

// count counts a record that is not a link.
func (s *LinkSummary) count(record *shards.Record) {
	switch {
	case record.Err != nil:
		s.Rejects[record.Reason]++
	case !record.IsAside():
		s.LeftOut[shards.LeftText]++
	}
	for _, left := range record.LeftOut {
		s.LeftOut[left.Reason] += max(1, left.N)
	}
}

func (m *mention) link() link {
	i := m.image
	return link{URL: i.URL, Text: cmp.Or(i.Alt, i.Caption, i.Title), Alt: i.Alt, Title: i.Title, Caption: i.Caption, Before: i.Before, After: i.After,
		Language: i.Language, PageURL: m.address, PageTitle: m.title}
}

// parseWAT reads the images of a page from a WAT record, and the page's address.
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
	from, _ := wat.Envelope.Header["WARC-Target-URI"].(string)
	html := wat.Envelope.Payload.Response.HTML
	p := &page.Page{Title: html.Head.Title}
	base, _ := address.Parse(from, nil) // without a base, absolute addresses can still be resolved
	if b, err := address.Parse(html.Head.Base, base); err == nil && html.Head.Base != "" {
		base = b
	}
	w := watPage{page: p, base: base}
	for _, l := range html.Links {
		w.take(l.Path, l.URL, strings.TrimSpace(l.Alt), strings.TrimSpace(l.Title))
	}
	return p, from, nil
}

// watPage builds a page from a WAT record's links. WAT lists one link for each attribute of an
// element.
type watPage struct {
	page *page.Page
	base *address.URL
	last int // the image of the previous link, from 1; 0 if it was not an image
}

func (w *watPage) take(path, link, alt, title string) {
	attribute, isImage := strings.CutPrefix(path, "IMG@/")
	lazy, set := page.IsLazy(attribute)
	before := w.last
	if w.last = 0; !isImage || attribute != "src" && attribute != "srcset" && !lazy && !set {
		return // a link to something else
	}
	if set || attribute == "srcset" {
		link = page.Largest(link)
	}
	if strings.TrimSpace(link) == "" {
		w.page.NoAddress++
		return
	}
	image := page.Image{URL: link, Alt: alt, Title: title}
	if target, err := address.Parse(link, w.base); err != nil {
		image.Err = err
	} else {
		image.URL = target.WithoutFragment().String()
	}
	if attribute != "src" && before > 0 {
		of := &w.page.Images[before-1]
		if alt == "" || alt == of.Alt { // of the same element
			if image.Err == nil {
				if !page.IsPlaceholder(of.URL) {
					of.Others = append([]string{of.URL}, of.Others...)
				}
				of.URL, of.Err = image.URL, nil
			}
			w.last = before
			return
		}
	}
	image.Number = len(w.page.Images) + 1
	w.page.Images = append(w.page.Images, image)
	w.last = image.Number
}
