package address

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// goldens are the URLs of web-platform-tests and some of images, as whatwg-url parses them: URL,
// base, result. See parity/ingest_addresses.mjs.
func goldens(t testing.TB) (cases [][3]*string) {
	t.Helper()
	f, err := os.Open("testdata/addresses.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(unzipped).Decode(&cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestParse_EqualsWHATWG(t *testing.T) {
	cases := goldens(t)
	if len(cases) < 800 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		var base *URL
		var err error
		if c[1] != nil {
			base, err = Parse(*c[1], nil)
		}
		var got *URL
		if err == nil {
			got, err = Parse(*c[0], base)
		}
		switch {
		case c[2] == nil && err == nil:
			t.Errorf("%q from %q: %q, want an error", *c[0], text(c[1]), got)
		case c[2] != nil && err != nil:
			t.Errorf("%q from %q: %v, want %q", *c[0], text(c[1]), err, *c[2])
		case c[2] != nil && got.String() != *c[2]:
			t.Errorf("%q from %q: %q, want %q", *c[0], text(c[1]), got, *c[2])
		}
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func TestParse_AddressesOfImages(t *testing.T) {
	for _, c := range []struct{ address, base, want string }{
		{"sale-50%.png", "http://a.example/b/c.html", "http://a.example/b/sale-50%.png"},
		{" pictures/\n broken\t.png ", "http://a.example/", "http://a.example/pictures/%20broken.png"},
		{`images\gull 1.png`, "https://a.example/b/", "https://a.example/b/images/gull%201.png"},
		{`\\cdn.example\x.png`, "https://a.example/", "https://cdn.example/x.png"},
		{"//Möwe.example/é.png?q=ö#x", "https://a.example/", "https://xn--mwe-sna.example/%C3%A9.png?q=%C3%B6#x"},
		{"\xff.png", "http://a.example/", "http://a.example/%EF%BF%BD.png"},
		{"http:x.png", "http://a.example/b/", "http://a.example/b/x.png"},
		{"http:/x.png", "https://a.example/b/", "http://x.png/"},
		{"http://a.example:99999/x.png", "", ""},
		{"http://a.example:8o/x.png", "", ""},
		{"http://[::1/x.png", "", ""},
		{"http://a b.example/x.png", "", ""},
		{"x.png", "", ""},
		{"../../../x.png", "file:///a/b.html", "file:///x.png"},
	} {
		var base *URL
		if c.base != "" {
			base, _ = Parse(c.base, nil)
		}
		got, err := Parse(c.address, base)
		if (err != nil) != (c.want == "") || err == nil && got.String() != c.want {
			t.Errorf("%q from %q: %v, %v, want %q", c.address, c.base, got, err, c.want)
		}
	}
}

func TestParseIn_EncodesTheQueryOnly(t *testing.T) {
	base, _ := Parse("http://a.example/", nil)
	latin := func(s string) string { out, _ := charmap.Windows1252.NewEncoder().String(s); return out }
	got, err := ParseIn("é.png?é#é", base, latin)
	if err != nil || got.String() != "http://a.example/%C3%A9.png?%E9#%C3%A9" {
		t.Error(got, err)
	}
}

func TestStandard_KeepsBarePercent(t *testing.T) {
	u, err := Parse("http://user@A.example:8080/50%-%20.png?x=%#y", nil)
	if err != nil {
		t.Fatal(err)
	}
	s := u.Standard()
	if s.Host != "a.example:8080" || s.Path != "/50%- .png" || s.RawPath != "/50%-%20.png" || s.RawQuery != "x=%" || s.User != nil {
		t.Errorf("%+v", s)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range goldens(f) {
		f.Add(*c[0], text(c[1]))
	}
	f.Fuzz(func(t *testing.T, address, from string) {
		base, _ := Parse(from, nil)
		u, err := Parse(address, base)
		if err != nil {
			return
		}
		once := u.String()
		if !utf8.ValidString(once) || strings.ContainsFunc(once, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Fatalf("%q: not ASCII: %q", address, once)
		}
		again, err := Parse(once, nil)
		if err != nil || again.String() != once {
			t.Errorf("%q from %q: %q is then %v, %v", address, from, once, again, err)
		}
		u.Standard()
	})
}

func BenchmarkParse(b *testing.B) {
	base, _ := Parse("https://www.example.org/news/2024/page.html?id=1", nil)
	for b.Loop() {
		u, err := Parse("/wp-content/uploads/2024/03/gull-1024x768.jpg?ver=3", base)
		if err != nil || u.String() == "" {
			b.Fatal(err)
		}
	}
}
