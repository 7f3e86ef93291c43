package imagefile

import (
	"encoding/binary"
	"fmt"
)

// visualSampleEntry is the length of the fields before the boxes of a sample entry (ISO/IEC
// 14496-12, section 12.1.3).
const visualSampleEntry = 78

// readMovie reads the first AV1 track that is not auxiliary (an alpha plane is).
func (a *AVIFFile) readMovie(moov, file []byte) error {
	tracks, err := boxes(moov)
	if err != nil {
		return err
	}
	for _, track := range tracks {
		if track.kind != "trak" || child(child(track.data, "tref"), "auxl") != nil {
			continue
		}
		table := child(child(child(track.data, "mdia"), "minf"), "stbl")
		entry := sampleEntry(child(table, "stsd"))
		if entry == nil {
			continue
		}
		properties, err := boxes(entry[min(visualSampleEntry, len(entry)):])
		if err != nil {
			return err
		}
		a.readProperties(properties)
		if a.readTrackHeader(child(track.data, "tkhd")); a.Width == 0 || a.Height == 0 {
			return fmt.Errorf("%w: a track of %dx%d", ErrCorrupt, a.Width, a.Height)
		}
		return checkFirstSample(table, len(file))
	}
	return fmt.Errorf("%w: a sequence without an AV1 track", ErrCorrupt)
}

// sampleEntry returns the first AV1 entry of an stsd box, or nil.
func sampleEntry(stsd []byte) []byte {
	if len(stsd) < 8 {
		return nil
	}
	return child(stsd[8:], "av01")
}

// readTrackHeader reads the size, which is in 16.16 fixed point.
func (a *AVIFFile) readTrackHeader(tkhd []byte) {
	f := fields{rest: tkhd}
	times := 12 + 12 + 8 // of version 1: two times, identity and reserved, duration
	if version := f.number(4) >> 24; version == 0 {
		times = 8 + 8 + 4
	}
	for range times + 52 {
		f.number(1)
	}
	width, height := int(f.number(4)>>16), int(f.number(4)>>16)
	a.Width, a.Height = width, height
}

// checkFirstSample returns an error if data of the first frame are missing.
func checkFirstSample(table []byte, whole int) error {
	chunks, width := child(table, "stco"), 4
	if chunks == nil {
		chunks, width = child(table, "co64"), 8
	}
	sizes := fields{rest: child(table, "stsz")}
	sizes.number(4)
	size := sizes.number(4)
	if count := sizes.number(4); size == 0 && count > 0 {
		size = sizes.number(4)
	}
	if len(chunks) < 8+width || binary.BigEndian.Uint32(chunks[4:]) == 0 || sizes.short {
		return fmt.Errorf("%w: a track without frames", ErrCorrupt)
	}
	offsets := fields{rest: chunks[8:]}
	if start := offsets.number(width); start > uint64(whole) || size > uint64(whole)-start {
		return fmt.Errorf("%w: the first frame has %d bytes at %d, the file %d", ErrTruncated, size, start, whole)
	}
	return nil
}
