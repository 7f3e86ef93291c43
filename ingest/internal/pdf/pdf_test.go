package pdf

import (
	"bytes"
	"context"
	"errors"
	"image/color"
	"log"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var engine *Engine

func TestMain(m *testing.M) {
	var err error
	if engine, err = Start(UserCache()); err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	engine.Close()
	os.Exit(code)
}

func content(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func openBytes(ctx context.Context, b []byte) (*Document, error) {
	return engine.Open(ctx, bytes.NewReader(b), int64(len(b)))
}

func open(t testing.TB, name string) *Document {
	t.Helper()
	d, err := openBytes(t.Context(), content(t, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestPage_TextInLogicalOrder(t *testing.T) {
	d := open(t, "languages.pdf")
	p, err := d.Page(t.Context(), 0, 800, true)
	if err != nil {
		t.Fatal(err)
	}
	want := `Vögel am Hafen
A line with a fish, “quotes” and an emoji-free end.
Чайки над водой.
Γλάροι πάνω από το λιμάνι.
السفينة في الميناء (عام 1985) كبيرة.
שתי ספינות בנמל, 12.5 מטר.
The ship السفينة in the harbour.`
	if p.Text != want {
		t.Errorf("%s\nwant\n%s", p.Text, want)
	}
	var words []string
	for _, w := range p.Words {
		words = append(words, w.Text)
	}
	if got := strings.Join(words, " "); got != strings.ReplaceAll(want, "\n", " ") {
		t.Errorf("words %q", got)
	}
	if d.Info()["title"] != "Languages" {
		t.Error(d.Info())
	}
}

func TestPage_DrawsAsShown(t *testing.T) {
	d := open(t, "report.pdf")
	if d.Len() != 3 || d.Info()["author"] != "A. Gull" {
		t.Error(d.Len(), d.Info())
	}
	for i, want := range []struct {
		width, height int
		text          string
		words         []Word // where the program that wrote it put their baselines' beginnings
	}{
		{800, 400, "Harbour\ntwo ships", []Word{{Text: "Harbour", X0: 20. / 200, Y1: 20. / 100}, {Text: "two", X0: 100. / 200, Y1: 80. / 100}}},
		{200, 800, "Harbour\ntwo ships", []Word{{Text: "two", X0: 20. / 50, Y0: 100. / 200}}}, // turned: lines go down
		{800, 400, "", nil},
	} {
		p, err := d.Page(t.Context(), i, 800, true)
		if err != nil {
			t.Fatal(err)
		}
		if size := p.Image.Rect.Size(); size.X != want.width || size.Y != want.height || p.Text != want.text {
			t.Errorf("page %d: %v %q", i, size, p.Text)
		}
		for j, w := range want.words {
			got := p.Words[j]
			near := func(a, b float32) bool { return b == 0 || math.Abs(float64(a-b)) < 0.01 }
			if got.Text != w.Text || !near(got.X0, w.X0) || !near(got.Y0, w.Y0) || !near(got.Y1, w.Y1) {
				t.Errorf("page %d: %v, want %v", i, got, w)
			}
		}
	}
	p, err := d.Page(t.Context(), 2, 200, false)
	if err != nil || p.Width != 200 || p.Height != 100 || p.Words != nil {
		t.Fatal(p.Width, p.Height, p.Words, err)
	}
	if red, white := p.Image.At(50, 50), p.Image.At(150, 50); red != (color.RGBA{255, 0, 0, 255}) || white != (color.RGBA{255, 255, 255, 255}) {
		t.Error(red, white)
	}
}

// Text that is not drawn, because the document lacks its font, is not what a page shows.
func TestPage_TextNotDrawn(t *testing.T) {
	d := open(t, "fonts.pdf")
	if p, err := d.Page(t.Context(), 0, 200, false); !errors.Is(err, ErrFonts) {
		t.Error(p.Text, err)
	}
	for i, want := range map[int]string{1: "港の船", 2: strings.TrimSpace(strings.Repeat("a ship in the harbour ", 3))} {
		for _, words := range []bool{false, true} {
			p, err := d.Page(t.Context(), i, 200, words)
			if err != nil || p.Text != want {
				t.Errorf("page %d: %q, want %q (%v)", i, p.Text, want, err)
			}
		}
	}
}

func TestOpen_Unreadable(t *testing.T) {
	if _, err := openBytes(t.Context(), content(t, "locked.pdf")); !errors.Is(err, ErrPassword) {
		t.Error(err)
	}
	if d := open(t, "readable.pdf"); d.Len() != 3 {
		t.Error("the password of its owner is not needed to read it")
	}
	for name, b := range map[string][]byte{"empty": nil, "text": []byte("a letter"), "head": []byte("%PDF-1.7\n%%EOF")} {
		if _, err := openBytes(t.Context(), b); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	d := open(t, "report.pdf")
	for _, i := range []int{-1, 3} {
		if _, err := d.Page(t.Context(), i, 100, false); err == nil {
			t.Errorf("page %d: no error", i)
		}
	}
	if _, err := d.Page(t.Context(), 0, MaxSide+1, false); err == nil {
		t.Error("no error")
	}
}

// cutShort reads a file of which the rest is gone.
type cutShort struct {
	*bytes.Reader
	gone bool
}

func (c *cutShort) Read(b []byte) (int, error) {
	if c.gone {
		return 0, errors.New("gone")
	}
	return c.Reader.Read(b)
}

// A page that cannot be read does not take the others with it.
func TestPage_ReadsAfterFault(t *testing.T) {
	b := content(t, "report.pdf")
	file := &cutShort{Reader: bytes.NewReader(b)}
	d, err := engine.Open(t.Context(), file, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	d.fail()
	file.gone = true
	if _, err := d.Page(t.Context(), 0, 100, false); err == nil {
		t.Error("no error")
	}
	file.gone = false
	if p, err := d.Page(t.Context(), 0, 100, false); err != nil || p.Text != "Harbour\ntwo ships" {
		t.Error(p.Text, err)
	}
}

func TestOpen_ConcurrentDocuments(t *testing.T) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			d, err := openBytes(t.Context(), content(t, "report.pdf"))
			if err != nil {
				t.Error(err)
				return
			}
			defer d.Close()
			if p, err := d.Page(t.Context(), 0, 300, true); err != nil || len(p.Words) != 3 {
				t.Error(p.Words, err)
			}
		})
	}
	all.Wait()
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"har\uFFFE\r\nbour\r\n \r\n\r\nships \r\n": "harbour\n\nships",
		"a\x00b\x1bc\td\uFEFF":                     "abc\td",
		"\r\n\r\nfirst":                            "first",
	} {
		if got := clean([]rune(in)); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

// FuzzPage reads all pages of what may be a document.
func FuzzPage(f *testing.F) {
	for _, name := range []string{"report.pdf", "locked.pdf", "readable.pdf"} {
		b := content(f, name)
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := openBytes(t.Context(), b)
		if err != nil {
			return
		}
		defer d.Close()
		for i := range min(d.Len(), 5) {
			d.Page(t.Context(), i, 64, true)
		}
	})
}
