package jpeg

import (
	"bytes"
	"encoding/binary"
)

// bitReader reads the bits of a segment of coded data: what stands between two markers. It holds
// the segment without its stuffed zeros, so that a refill is one load. Missing bits read as zeros,
// as in libjpeg, and [bitReader.short] reports them.
type bitReader struct {
	segment []byte // the data, then 8 zeros
	size    int    // bytes of data
	next    int    // next byte to load; grows beyond size where bits are missing
	bits    uint64 // the unread bits, from the highest bit on
	count   int    // number of unread bits in bits
	bad     int    // codes that no table defines

	marker byte // that ends the segment, 0 at the end of the file
	at     int  // offset of the marker in the file
	behind int  // offset of the byte behind the marker
}

// load begins the segment at an offset of the file.
func (r *bitReader) load(file []byte, at int) {
	segment := r.segment[:0]
	if cap(segment) == 0 {
		segment = make([]byte, 0, len(file)-at+8)
	}
	for {
		length := bytes.IndexByte(file[at:], 0xFF)
		if length < 0 {
			segment = append(segment, file[at:]...)
			r.marker, r.at, r.behind = 0, len(file), len(file)
			break
		}
		segment = append(segment, file[at:at+length]...)
		at += length
		after := at + 1
		for after < len(file) && file[after] == 0xFF { // fill bytes
			after++
		}
		if after >= len(file) {
			r.marker, r.at, r.behind = 0, len(file), len(file)
			break
		}
		if file[after] != 0 {
			r.marker, r.at, r.behind = file[after], at, after+1
			break
		}
		segment = append(segment, 0xFF) // a stuffed zero
		at = after + 1
	}
	r.begin(segment)
}

// empty begins a segment without data before the same marker.
func (r *bitReader) empty() { r.begin(r.segment[:0]) }

func (r *bitReader) begin(segment []byte) {
	r.size, r.next, r.bits, r.count = len(segment), 0, 0, 0
	r.segment = append(segment, 0, 0, 0, 0, 0, 0, 0, 0)
}

// refill adds whole bytes to bits until it has 56 or more.
func (r *bitReader) refill() {
	at := min(r.next, r.size)
	r.bits |= binary.BigEndian.Uint64(r.segment[at:at+8]) >> (r.count & 63)
	r.next += (63 - r.count) >> 3
	r.count |= 56
}

// short reports whether more bits were read than the segment has.
func (r *bitReader) short() bool { return 8*r.next-r.count > 8*r.size }

// leftover returns the number of bytes of the segment that were not read.
func (r *bitReader) leftover() int { return max(0, r.size-r.next+r.count/8) }

// receive reads n bits, at most 16.
func (r *bitReader) receive(n uint) int32 {
	if r.count < int(n) {
		r.refill()
	}
	v := int32(r.bits >> 48 >> (16 - n))
	r.bits <<= n
	r.count -= int(n)
	return v
}

// signed reads a value of n bits whose upper half is positive (T.81, F.2.2.1, EXTEND).
func (r *bitReader) signed(n uint) int32 {
	if n == 0 {
		return 0
	}
	return extend(r.receive(n), n)
}

func extend(v int32, n uint) int32 { return v + (v-1<<(n-1))>>31&(-1<<n+1) }
