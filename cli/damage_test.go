package cli

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// damages are the script commands that make or damage a file.
var damages = map[string]func(*testscript.TestScript, bool, []string){
	"flip": flip,
	"cut":  cut,
	"bomb": bomb,
	"grow": grow,

	"draw": draw,
}

// draw FILE [WIDTH HEIGHT] writes a small PNG.
func draw(ts *testscript.TestScript, _ bool, args []string) {
	m := image.NewGray(image.Rect(0, 0, 24, 16))
	if len(args) == 3 {
		width, err := strconv.Atoi(args[1])
		ts.Check(err)
		height, err := strconv.Atoi(args[2])
		ts.Check(err)
		m = image.NewGray(image.Rect(0, 0, width, height))
	}
	for i := range m.Pix {
		m.Pix[i] = byte(i)
	}
	var encoded bytes.Buffer
	ts.Check(png.Encode(&encoded, m))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), encoded.Bytes(), 0o644))
}

// grow FILE SIZE adds zeros to a file, which take no room on most disks.
func grow(ts *testscript.TestScript, _ bool, args []string) {
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

// flip FILE OFFSET inverts a byte of a file; an offset below zero counts from the end.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	content, at := spoiled(ts, args)
	content[at] ^= 0xff
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), content, 0o644))
}

// cut FILE OFFSET ends a file at the offset; one below zero counts from the end. The file may be a
// pattern of one file.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	if found, err := filepath.Glob(ts.MkAbs(args[0])); err == nil && len(found) == 1 {
		args[0] = found[0]
	}
	content, at := spoiled(ts, args)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), content[:at], 0o644))
}

func spoiled(ts *testscript.TestScript, args []string) (content []byte, at int) {
	if len(args) != 2 {
		ts.Fatalf("want a file and an offset")
	}
	content, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	at, err = strconv.Atoi(args[1])
	ts.Check(err)
	if at < 0 {
		at += len(content)
	}
	if at < 0 || at >= len(content) {
		ts.Fatalf("%s has %d bytes", args[0], len(content))
	}
	return content, at
}

// bomb FILE writes a PNG of a few bytes whose header promises 200,000 x 200,000 pixels.
func bomb(ts *testscript.TestScript, _ bool, args []string) {
	var file bytes.Buffer
	file.WriteString("\x89PNG\r\n\x1a\n")
	header := binary.BigEndian.AppendUint32([]byte("IHDR"), 200_000)
	header = binary.BigEndian.AppendUint32(header, 200_000)
	chunk(&file, append(header, 8, 6, 0, 0, 0))
	chunk(&file, []byte("IDAT"))
	chunk(&file, []byte("IEND"))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), file.Bytes(), 0o644))
}

// chunk writes a PNG chunk, its name at the head of its content.
func chunk(file *bytes.Buffer, content []byte) {
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(content))
	file.Write(binary.BigEndian.AppendUint32(nil, uint32(len(content)-4)))
	file.Write(content)
	file.Write(sum)
}
