package page_test

import (
	"fmt"

	"github.com/pali3/pali3/ingest/internal/page"
)

func ExampleParse() {
	p, err := page.Parse([]byte(`<html lang=fr><title>Oiseaux</title>
		<figure><img src=mouette.jpg alt="une mouette"><figcaption>Larus</figcaption></figure>`),
		"http://example.org/oiseaux/", "text/html; charset=utf-8", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, i := range p.Images {
		fmt.Println(i.URL, i.Language, i.Alt, i.Caption)
	}
	// Output: http://example.org/oiseaux/mouette.jpg fr une mouette Larus
}
