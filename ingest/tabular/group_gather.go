package tabular

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/internal/textlines"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/mapping"
)

// Limits of one group of rows, which is held in memory while its record is made.
const (
	maxGroupRows  = 1 << 16
	maxGroupBytes = input.MaxImageFile + 64<<20 // for its image as stored in the table, and its texts
)

// Reasons for rejecting groups of rows.
const (
	BadGroup = "group"    // the row has no value in the group-by column
	Conflict = "conflict" // rows of one group have different images, splits or keys
)

// gatherer collects the rows of each group, wherever they are in the table. It writes the columns
// that are read to a temporary file, where each row points back to the previous row of its group.
// In memory it keeps nothing for a row and about 90 bytes for a group: the hash of its value and
// the place of its last row.
type gatherer struct {
	file   *os.File
	out    *bufio.Writer
	size   int64
	index  map[[16]byte]int32
	groups []gatheredGroup
	order  []int64 // the records in order: the index of a group, or the negated place of a bad row
	left   []shards.LeftOut
	buffer []byte
}

// gatheredGroup is a group whose rows are in the file.
type gatheredGroup struct {
	last   int64  // place of its last row
	bytes  int64  // of its rows in the file
	rows   int32  // in the file
	over   int32  // rows beyond the limits of a group
	images uint64 // hash of the images' names or bytes; 0 if no row has named one yet
}

const gatheredHead = 8 + 4 + 8 + 4 // place of the previous row, length, row number, file

func newGatherer() (*gatherer, error) {
	file, err := os.CreateTemp("", "pali3-rows-*")
	if err != nil {
		return nil, err
	}
	os.Remove(file.Name()) // on Unix the file exists until it is closed
	g := &gatherer{file: file, out: bufio.NewWriterSize(file, 1<<20), index: map[[16]byte]int32{}}
	g.out.WriteByte(0) // so that no row is at 0
	g.size = 1
	return g, nil
}

func (g *gatherer) close() {
	g.file.Close()
	os.Remove(g.file.Name())
}

// write appends a row and returns its place.
func (g *gatherer) write(before int64, n *numbered, content []byte) (at int64, err error) {
	var head [gatheredHead]byte
	binary.LittleEndian.PutUint64(head[:], uint64(before))
	binary.LittleEndian.PutUint32(head[8:], uint32(len(content)))
	binary.LittleEndian.PutUint64(head[12:], uint64(n.number))
	binary.LittleEndian.PutUint32(head[20:], uint32(n.fileAt))
	at = g.size
	if _, err := g.out.Write(head[:]); err != nil {
		return 0, fmt.Errorf("writing rows to a temporary file (TMPDIR): %w", err)
	}
	if _, err := g.out.Write(content); err != nil {
		return 0, fmt.Errorf("writing rows to a temporary file (TMPDIR): %w", err)
	}
	g.size += int64(len(head) + len(content))
	return at, nil
}

// bad keeps an unusable row, which becomes a reject of its own.
func (g *gatherer) bad(n *numbered) error {
	reason := n.reason()
	at, err := g.write(0, n, append(binary.AppendUvarint(g.buffer[:0], uint64(len(reason))), reason+n.err.Error()...))
	g.order = append(g.order, -at)
	return err
}

// add keeps a row of a group. The image is kept only with the first row that names it.
func (g *gatherer) add(t *Table, n *numbered, identity [16]byte) error {
	at, known := g.index[identity]
	if !known {
		at = int32(len(g.groups))
		g.index[identity] = at
		g.groups = append(g.groups, gatheredGroup{})
		g.order = append(g.order, int64(at))
	}
	group := &g.groups[at]
	switch images := t.imagesHash(n); {
	case images == 0, images == group.images:
		n.row = t.withoutImages(n.row)
	case group.images == 0:
		group.images = images
	default:
		shown := t.imagesShown(n)
		n.row = t.withoutImages(n.row)
		n.row[otherImage] = shown
	}
	g.buffer = appendValue(g.buffer[:0], n.row)
	if group.rows >= maxGroupRows || group.bytes+int64(len(g.buffer)) > maxGroupBytes {
		group.over++
		return nil
	}
	place, err := g.write(group.last, n, g.buffer)
	group.last, group.bytes, group.rows = place, group.bytes+int64(len(g.buffer)), group.rows+1
	return err
}

// otherImage is the column in which a row keeps an image that conflicts with its group's.
const otherImage = "\x00other image"

// read returns the row at a place, and the place of the previous row of its group.
func (g *gatherer) read(t *Table, at int64) (n numbered, content []byte, before int64, err error) {
	var head [gatheredHead]byte
	if _, err := g.file.ReadAt(head[:], at); err != nil {
		return n, nil, 0, err
	}
	content = make([]byte, binary.LittleEndian.Uint32(head[8:]))
	if _, err := g.file.ReadAt(content, at+gatheredHead); err != nil && !errors.Is(err, io.EOF) {
		return n, nil, 0, err
	}
	n.number, n.fileAt = int64(binary.LittleEndian.Uint64(head[12:])), int(binary.LittleEndian.Uint32(head[20:]))
	n.file = t.parts()[n.fileAt]
	return n, content, int64(binary.LittleEndian.Uint64(head[:])), nil
}

// item returns the content of one record: a group with its rows, or a bad row.
func (g *gatherer) item(t *Table, of int64) (n numbered, err error) {
	if of < 0 {
		n, content, _, err := g.read(t, -of)
		if err != nil {
			return n, err
		}
		length, size := binary.Uvarint(content)
		if size <= 0 || length > uint64(len(content)-size) {
			return n, errCoded
		}
		n.why = string(content[size : size+int(length)])
		n.err = errors.New(string(content[size+int(length):]))
		return n, nil
	}
	group := &g.groups[of]
	all := make([]numbered, 0, group.rows)
	for at := group.last; at > 0; {
		one, content, before, err := g.read(t, at)
		if err == nil {
			one.row, err = decodeRow(content)
		}
		if err != nil {
			return n, err
		}
		all = append(all, one)
		at = before
	}
	slices.Reverse(all)
	n = all[0]
	n.rows = all
	n.over = int64(group.over)
	return n, nil
}

// identity identifies the group of a row: by the image's path if rows are grouped by image, else by
// the value. It returns false if the row has none.
func (w *work) identity(n *numbered) (hash [16]byte, ok bool) {
	value := mapping.Lookup(n.row, w.GroupBy)
	if list, isList := value.([]any); isList && len(list) == 1 {
		value = list[0]
	}
	if content, isBytes := value.([]byte); isBytes {
		return hash128("bytes\x00" + string(content)), len(content) > 0
	}
	text := plainText(value)
	if strings.TrimSpace(text) == "" {
		return hash, false
	}
	if w.groupsByImage() {
		root := ""
		if n.root != nil {
			root, text = n.root.abs, n.root.key(w.imageName(strings.TrimSpace(text)))
		}
		return hash128("image\x00" + root + "\x00" + text), true
	}
	return hash128("value\x00" + text), true
}

// groupsByImage reports whether rows are grouped by an image column.
func (t *Table) groupsByImage() bool { return slices.Contains(t.Columns.images(), t.GroupBy) }

// imagesHash returns a hash of a row's image columns, or 0 if they are empty. Paths to the same
// file have the same hash.
func (t *Table) imagesHash(n *numbered) uint64 {
	var h xxhash.Digest
	h.Reset()
	any := false
	for _, column := range t.Columns.images() {
		for _, value := range n.row.list(column) {
			if content, isBytes := value.([]byte); isBytes && len(content) > 0 {
				h.Write(content)
				any = true
			} else if name := strings.TrimSpace(plainText(value)); name != "" {
				if name = t.imageName(name); n.root != nil {
					name = n.root.key(name)
				}
				h.WriteString(name)
				any = true
			}
			h.Write([]byte{0xff})
		}
		h.Write([]byte{0xfe})
	}
	if !any {
		return 0
	}
	return max(1, h.Sum64())
}

// imagesShown names a row's images for a message.
func (t *Table) imagesShown(n *numbered) string {
	var all []string
	for _, column := range t.Columns.images() {
		for _, value := range n.row.list(column) {
			if content, isBytes := value.([]byte); isBytes {
				all = append(all, fmt.Sprintf("%d bytes of SHA-256 %.12s", len(content), shards.Hash(content)))
			} else if name := strings.TrimSpace(plainText(value)); name != "" {
				all = append(all, fmt.Sprintf("%.200s", t.imageName(name)))
			}
		}
	}
	return strings.Join(all, ", ")
}

// withoutImages returns a row without its images, except those in structs that hold other columns
// as well.
func (t *Table) withoutImages(r row) row {
	kept := make(row, len(r))
	for name, value := range r {
		image, other := false, false
		for _, path := range t.Columns.Names() {
			if path == name || strings.HasPrefix(path, name+"/") {
				is := slices.Contains(t.Columns.images(), path)
				image, other = image || is, other || !is
			}
		}
		if value != nil && (!image || other) {
			kept[name] = value
		}
	}
	return kept
}

// reason returns the reason that a bad row is counted under.
func (n *numbered) reason() string {
	if n.why != "" {
		return n.why
	}
	if f, ok := errors.AsType[*textlines.Fault](n.err); ok && f.Text {
		return ingest.BadText
	}
	if b, ok := errors.AsType[*badLanguage](n.err); ok && b != nil {
		return ingest.BadLanguage
	}
	return ingest.BadRow
}

// gather reads the whole table and groups its rows. An error that ends the run is returned as a
// row.
func (w *work) gather(ctx context.Context) (g *gatherer, ends *numbered, err error) {
	if g, err = newGatherer(); err != nil {
		return nil, nil, err
	}
	r := w.reading(0)
	r.take = func(n numbered) bool {
		g.left, n.left = append(g.left, n.left...), nil
		switch {
		case errors.Is(n.err, ingest.ErrUnavailable), errors.Is(n.err, errNoColumn):
			ends = &n
			return false
		case n.err == nil:
			identity, ok := w.identity(&n)
			if ok {
				err = g.add(w.Table, &n, identity)
				return err == nil
			}
			n.why, n.err = BadGroup, fmt.Errorf("column %s is empty, so the row belongs to no group", w.GroupBy)
		}
		err = g.bad(&n)
		return err == nil
	}
	r.all(ctx, func(numbered) bool { return false })
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = g.out.Flush()
	}
	g.index, g.buffer = nil, nil
	if err != nil {
		g.close()
		return nil, nil, err
	}
	return g, ends, nil
}

// grouped yields the groups of the table's rows after the first n, and the bad rows among them.
func (w *work) grouped(ctx context.Context, n int64, yield func(numbered) bool) {
	g, ends, err := w.gather(ctx)
	if err != nil {
		if ctx.Err() == nil {
			yield(numbered{file: w.parts()[0], err: fmt.Errorf("%w: %w", ingest.ErrUnavailable, err)})
		}
		return
	}
	defer g.close()
	if ends != nil {
		yield(*ends)
		return
	}
	taken := map[uint64]struct{}{}
	w.meter.Begin(int64(len(g.order)))
	for at, of := range g.order {
		item, err := g.item(w.Table, of)
		if err != nil {
			yield(numbered{file: w.parts()[0], err: fmt.Errorf("%w: %w", ingest.ErrUnavailable, err)})
			return
		}
		item.root = w.roots[item.file.root]
		if item.err == nil {
			item.key = w.groupKey(&item, taken)
		}
		if w.meter.Add(1); int64(at) < n {
			if ctx.Err() != nil {
				return
			}
			continue
		}
		if at == 0 {
			item.left = g.left
		}
		item.ticket = int64(at) - n + 1
		if !w.budget.Take(ctx, item.ticket, 0) || !yield(item) {
			return
		}
	}
}

// groupKey returns the key of a group: its --id-column, else the value that rows are grouped by.
func (w *work) groupKey(n *numbered, taken map[uint64]struct{}) string {
	if w.Columns.ID != "" || w.groupsByImage() && w.GroupBy == w.Columns.Image {
		return w.key(n, taken)
	}
	return n.row.text(w.GroupBy)
}

// hash128 returns the first 16 bytes of a text's SHA-256.
func hash128(text string) [16]byte {
	sum := sha256.Sum256([]byte(text))
	return [16]byte(sum[:16])
}
