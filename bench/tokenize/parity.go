package main

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// parity writes for each text a string of four parts, each preceded by its length as a
// little-endian uint32: the SentencePieceText message in the form of the C++ library, the ids as
// int32, the offsets in runes as pairs of int32, and the text that the ids decode to.
func parity(args []string) error {
	model, err := sentencepiece.Open(args[0])
	if err != nil {
		return err
	}
	texts, err := readTexts(args[1])
	if err != nil {
		return err
	}
	return writeTexts(args[2], len(texts), func(i int) []byte {
		spans := model.Spans(texts[i])
		ids := model.Encode(texts[i])
		var numbers, runes []byte
		for _, id := range ids {
			numbers = binary.LittleEndian.AppendUint32(numbers, uint32(id))
		}
		for _, s := range spans {
			runes = binary.LittleEndian.AppendUint32(runes, uint32(s.BeginRune))
			runes = binary.LittleEndian.AppendUint32(runes, uint32(s.EndRune))
		}
		var out []byte
		for _, part := range [][]byte{message(texts[i], spans, model), numbers, runes, []byte(model.Decode(ids))} {
			out = binary.LittleEndian.AppendUint32(out, uint32(len(part)))
			out = append(out, part...)
		}
		return out
	})
}

// nbest writes for each text a string. For each segmentation it has the score as float32, the
// number of ids, and the ids as int32.
func nbest(args []string) error {
	model, err := sentencepiece.Open(args[0])
	if err != nil {
		return err
	}
	texts, err := readTexts(args[1])
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	return writeTexts(args[2], len(texts), func(i int) (out []byte) {
		found, err := model.NBest(texts[i], n)
		if err != nil {
			panic(err)
		}
		for _, s := range found {
			ids := s.IDs()
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(s.Score))
			out = binary.LittleEndian.AppendUint32(out, uint32(len(ids)))
			for _, id := range ids {
				out = binary.LittleEndian.AppendUint32(out, uint32(id))
			}
		}
		return out
	})
}

// message encodes a SentencePieceText of sentencepiece.proto.
func message(text string, spans []sentencepiece.Span, model *sentencepiece.Model) []byte {
	out := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), text)
	toCome := 0 // bytes of the unknown piece still to come
	for i, s := range spans {
		m := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), s.Piece)
		m = appendInt(m, 2, int(uint32(s.ID)))
		switch {
		case !isByte(s, model):
		case model.Type() == sentencepiece.Word: // its unknown pieces are words
			toCome = 0
			if inWord(spans[i+1:], model) {
				toCome = 1
			}
		default:
			if toCome == 0 {
				toCome = bytesOf(s.Piece)
			}
			toCome--
		}
		if toCome == 0 { // the last byte of an unknown piece carries its surface
			m = protowire.AppendString(protowire.AppendTag(m, 3, protowire.BytesType), text[s.Begin:s.End])
		}
		m = appendInt(appendInt(m, 4, s.Begin), 5, s.End)
		out = protowire.AppendBytes(protowire.AppendTag(out, 2, protowire.BytesType), m)
	}
	return out
}

func isByte(s sentencepiece.Span, model *sentencepiece.Model) bool {
	return s.ID >= 0 && model.Piece(s.ID).Kind == sentencepiece.Byte
}

// inWord reports whether the pieces that follow a byte of an unknown word continue that word: they
// do not begin with a known piece or with the space of another unknown word.
func inWord(next []sentencepiece.Span, model *sentencepiece.Model) bool {
	if len(next) == 0 || !isByte(next[0], model) {
		return false
	}
	return len(next) < 3 || next[0].Piece+next[1].Piece+next[2].Piece != "<0xE2><0x96><0x81>"
}

// bytesOf returns the length of a character, given its first byte as a piece such as <0xE2>.
func bytesOf(piece string) int {
	first, _ := strconv.ParseUint(piece[3:5], 16, 8)
	return max(1, bits.LeadingZeros8(^uint8(first)))
}

func appendInt(m []byte, number protowire.Number, v int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(m, number, protowire.VarintType), uint64(v))
}
