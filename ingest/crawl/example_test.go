package crawl_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/crawl"
)

// A WET archive holds the plain text of web pages.
func ExampleNewWARC() {
	dir, err := os.MkdirTemp("", "crawl-*")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	text := "Herons fish at dawn."
	wet := fmt.Sprintf("WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: https://example.org/herons\r\nWARC-Date: 2024-02-26T00:00:00Z\r\n"+
		"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", len(text), text)
	file := filepath.Join(dir, "pages.wet")
	os.WriteFile(file, []byte(wet), 0o666)

	source, err := crawl.NewWARC(nil, file)
	if err != nil {
		log.Fatal(err)
	}
	for record := range source.Records(context.Background(), ingest.Cursor{}) {
		for _, text := range record.Sample.Texts {
			fmt.Println(record.Sample.Provenance.PageURL, text.Kind, text.Value)
		}
	}
	// Output: https://example.org/herons document Herons fish at dawn.
}
