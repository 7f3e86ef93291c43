package stages

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"
)

// TensorBoard reads files of TFRecords (tensorflow/core/lib/io/record_writer.h),
//
//	uint64 length, uint32 masked crc32c of the length, the bytes, uint32 masked crc32c of the bytes
//
// each an Event in protobuf (tensorflow/core/util/event.proto):
//
//	Event   { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5 }
//	Summary { repeated Value value = 1 }    Value { string tag = 1; float simple_value = 2 }

// versionRecord is the first record of a file.
func versionRecord(at time.Time) []byte { return appendRecord(nil, versionEvent(at)) }

// scalarsRecord is the record of a step's numbers.
func scalarsRecord(at time.Time, step int, scalars ...scalar) []byte {
	return appendRecord(nil, scalarsEvent(at, step, scalars...))
}

func versionEvent(at time.Time) []byte { return appendBytes(event(at), 3, []byte("brain.Event:2")) }

// scalar is one number of a step.
type scalar struct {
	tag   string
	value float32
}

// scalarsEvent is the event of the numbers of a step.
func scalarsEvent(at time.Time, step int, scalars ...scalar) []byte {
	var summary []byte
	for _, s := range scalars {
		value := appendBytes(nil, 1, []byte(s.tag))
		value = binary.LittleEndian.AppendUint32(appendKey(value, 2, wire32), math.Float32bits(s.value))
		summary = appendBytes(summary, 1, value)
	}
	message := binary.AppendUvarint(appendKey(event(at), 2, wireVarint), uint64(step))
	return appendBytes(message, 5, summary)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maskedSum is the checksum of a TFRecord: rotated and offset, so that data may hold checksums.
func maskedSum(content []byte) uint32 {
	sum := crc32.Checksum(content, castagnoli)
	return (sum>>15 | sum<<17) + 0xa282ead8
}

// appendRecord appends content as a TFRecord.
func appendRecord(file, content []byte) []byte {
	length := binary.LittleEndian.AppendUint64(nil, uint64(len(content)))
	file = append(file, length...)
	file = binary.LittleEndian.AppendUint32(file, maskedSum(length))
	file = append(file, content...)
	return binary.LittleEndian.AppendUint32(file, maskedSum(content))
}

// Wire types of protobuf.
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wire32     = 5
)

func appendKey(message []byte, field, wire int) []byte {
	return binary.AppendUvarint(message, uint64(field<<3|wire))
}

func appendBytes(message []byte, field int, content []byte) []byte {
	message = binary.AppendUvarint(appendKey(message, field, wireBytes), uint64(len(content)))
	return append(message, content...)
}

func event(at time.Time) []byte {
	seconds := float64(at.UnixNano()) / 1e9
	return binary.LittleEndian.AppendUint64(appendKey(nil, 1, wire64), math.Float64bits(seconds))
}
