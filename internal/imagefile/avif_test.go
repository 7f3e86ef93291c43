package imagefile

import (
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"
)

// isoBoxOf returns a box with its contents.
func isoBoxOf(kind string, contents ...string) string {
	body := strings.Join(contents, "")
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))) + kind + body
}

func u16(v uint16) string { return string(binary.BigEndian.AppendUint16(nil, v)) }
func u32(v uint32) string { return string(binary.BigEndian.AppendUint32(nil, v)) }

// smallAVIF is a file of one item of width x height, with data of 4 bytes and further properties.
func smallAVIF(width, height uint32, kind string, properties ...string) string {
	own := ""
	for i := range len(properties) + 1 {
		own += string(rune(i + 1))
	}
	meta := isoBoxOf("meta", u32(0),
		isoBoxOf("pitm", u32(0), u16(1)),
		isoBoxOf("iinf", u32(0), u16(1), isoBoxOf("infe", u32(2<<24), u16(1), u16(0), kind, "\x00")),
		isoBoxOf("iprp",
			isoBoxOf("ipco", isoBoxOf("ispe", u32(0), u32(width), u32(height)), strings.Join(properties, "")),
			isoBoxOf("ipma", u32(0), u32(1), u16(1), string(rune(len(properties)+1)), own)),
		isoBoxOf("idat", "data"),
		isoBoxOf("iloc", u32(1<<24), "\x44\x00", u16(1), u16(1), u16(1), u16(0), u16(1), u32(0), u32(4)))
	return isoBoxOf("ftyp", "avif", u32(0), "mif1miaf") + meta
}

func TestReadAVIF_AppliesRotationBeforeMirror(t *testing.T) {
	for _, c := range []struct {
		properties []string
		want       int
	}{
		{nil, 0}, {[]string{isoBoxOf("irot", "\x00")}, 1}, {[]string{isoBoxOf("irot", "\x01")}, 8}, {[]string{isoBoxOf("irot", "\x02")}, 3},
		{[]string{isoBoxOf("irot", "\x03")}, 6}, {[]string{isoBoxOf("imir", "\x00")}, 4}, {[]string{isoBoxOf("imir", "\x01")}, 2},
		{[]string{isoBoxOf("irot", "\x01"), isoBoxOf("imir", "\x00")}, 5}, {[]string{isoBoxOf("imir", "\x01"), isoBoxOf("irot", "\x03")}, 5},
	} {
		a, err := ReadAVIF([]byte(smallAVIF(30, 20, "av01", c.properties...)))
		if err != nil || a.Width != 30 || a.Height != 20 || a.Orientation != c.want || a.Sequence {
			t.Errorf("%q: %+v, %v, want orientation %d", c.properties, a, err, c.want)
		}
	}
}

func TestReadAVIF_RefusesHostileBoxes(t *testing.T) {
	good := smallAVIF(3, 2, "av01")
	endless := strings.Replace(good, "\x44\x00\x00\x01\x00\x01\x00\x01\x00\x00\x00\x01", "\x00\x00\xff\xff\x00\x02\x00\x01\x00\x00\xff\xff", 1)
	for name, c := range map[string]struct {
		file string
		want error
	}{
		"too large":                {smallAVIF(60000, 60000, "av01"), ErrTooLarge},
		"sides of 2^32-1":          {smallAVIF(1<<32-1, 1<<32-1, "av01"), ErrTooLarge},
		"no size":                  {smallAVIF(0, 5, "av01"), ErrCorrupt},
		"HEVC":                     {smallAVIF(3, 2, "hvc1"), ErrUnsupported},
		"cut":                      {good[:len(good)-9], ErrTruncated},
		"no meta":                  {good[:24], ErrTruncated},
		"a box of 3 bytes":         {good[:24] + "\x00\x00\x00\x03meta", ErrCorrupt},
		"a box of 2^63 bytes":      {good[:24] + "\x00\x00\x00\x01meta\x80\x00\x00\x00\x00\x00\x00\x00", ErrTruncated},
		"extents without a length": {endless, ErrCorrupt},
		"data behind the end":      {strings.Replace(good, "\x00\x00\x00\x00\x00\x00\x00\x04", "\x00\x00\x00\x03\x00\x00\x00\x04", 1), ErrTruncated},
		"a sequence without moov":  {strings.Replace(good, "avif", "avis", 1), ErrTruncated},
	} {
		if _, err := ReadHeader([]byte(c.file)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func FuzzAVIF(f *testing.F) {
	f.Add([]byte(smallAVIF(30, 20, "grid", isoBoxOf("irot", "\x01"))))
	for _, name := range []string{"still.avif", "sequence.avif"} {
		seed, err := os.ReadFile("../../augment/testdata/images/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 12 {
			return
		}
		a, err := ReadAVIF(b)
		if err == nil && (a.Width < 1 || a.Height < 1 || a.Orientation < 0 || a.Orientation > 8) {
			t.Errorf("%+v", a)
		}
	})
}
