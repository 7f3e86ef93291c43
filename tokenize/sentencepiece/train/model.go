package train

import (
	"bytes"
	"io"
	"math"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// Model is a trained model.
type Model struct {
	pieces     []sentencepiece.Piece
	options    Options
	normalizer *normalizer
}

// Pieces returns the vocabulary in the order of ids.
func (m *Model) Pieces() []sentencepiece.Piece { return slices.Clone(m.pieces) }

// Len returns the number of pieces.
func (m *Model) Len() int { return len(m.pieces) }

// WriteFiles writes prefix.model and prefix.vocab.
func (m *Model) WriteFiles(prefix string) error {
	if err := atomicfile.WriteBytes(prefix+".model", m.Bytes()); err != nil {
		return err
	}
	return atomicfile.Write(prefix+".vocab", m.WriteVocab)
}

// WriteVocab writes a line for each piece: its text, a tab and its score to six digits.
func (m *Model) WriteVocab(w io.Writer) error {
	var lines bytes.Buffer
	for _, p := range m.pieces {
		lines.WriteString(p.Text)
		lines.WriteByte('\t')
		lines.WriteString(strconv.FormatFloat(float64(p.Score), 'g', 6, 32))
		lines.WriteByte('\n')
	}
	_, err := w.Write(lines.Bytes())
	return err
}

// Bytes returns the content of the .model file: a ModelProto of sentencepiece_model.proto.
func (m *Model) Bytes() []byte {
	var out message
	for _, p := range m.pieces {
		var piece message
		piece.text(1, p.Text)
		piece.float(2, p.Score)
		if p.Kind != sentencepiece.Normal {
			piece.number(3, int(p.Kind))
		}
		out.message(1, piece)
	}
	out.message(2, m.trainerSpec())
	out.message(3, m.normalizerSpec())
	return out
}

// trainerSpec returns the options that differ from the message's defaults, and those that are
// always written. It does not include file names, so that a model does not reveal where it was
// made.
func (m *Model) trainerSpec() message {
	o, d := &m.options, Defaults()
	var t message
	t.number(3, int(o.Type))
	t.number(4, len(m.pieces))
	t.floatUnless(10, o.CharacterCoverage, d.CharacterCoverage)
	t.numberUnless(11, o.InputSentenceSize, d.InputSentenceSize)
	t.numberUnless(14, o.SeedSize, d.SeedSize)
	t.floatUnless(15, o.ShrinkingFactor, d.ShrinkingFactor)
	t.numberUnless(17, o.SubIterations, d.SubIterations)
	t.numberUnless(18, o.MaxSentenceLength, d.MaxSentenceLength)
	t.boolUnless(19, o.ShuffleInput, d.ShuffleInput)
	t.numberUnless(20, o.MaxPieceLength, d.MaxPieceLength)
	t.boolUnless(21, o.SplitByUnicodeScript, d.SplitByUnicodeScript)
	t.boolUnless(22, o.SplitByWhitespace, d.SplitByWhitespace)
	t.boolUnless(23, o.SplitByNumber, d.SplitByNumber)
	t.boolUnless(24, o.TreatWhitespaceAsSuffix, false)
	t.boolUnless(25, o.SplitDigits, false)
	t.boolUnless(26, o.AllowWhitespaceOnly, false)
	for _, s := range o.ControlSymbols {
		t.text(30, s)
	}
	for _, s := range o.UserDefinedSymbols {
		t.text(31, s)
	}
	t.boolUnless(33, o.HardVocabLimit, d.HardVocabLimit)
	t.boolUnless(34, o.UseAllVocab, false)
	t.boolUnless(35, o.ByteFallback, false)
	t.textUnless(36, o.RequiredChars, "")
	t.numberUnless(40, o.UnkID, d.UnkID)
	t.numberUnless(41, o.BosID, d.BosID)
	t.numberUnless(42, o.EosID, d.EosID)
	t.numberUnless(43, o.PadID, d.PadID)
	t.textUnless(44, o.UnkSurface, d.UnkSurface)
	t.textUnless(45, o.UnkPiece, d.UnkPiece)
	t.textUnless(46, o.BosPiece, d.BosPiece)
	t.textUnless(47, o.EosPiece, d.EosPiece)
	t.textUnless(48, o.PadPiece, d.PadPiece)
	t.textUnless(53, o.PretokenizationDelimiter, "")
	return t
}

func (m *Model) normalizerSpec() message {
	var n message
	n.text(1, m.normalizer.name)
	n.text(2, string(m.normalizer.charsmap.Blob()))
	n.bool(3, m.options.AddDummyPrefix)
	n.bool(4, m.options.RemoveExtraWhitespaces)
	n.bool(5, true) // spaces are escaped
	return n
}

// message is a protobuf message that is written field by field.
type message []byte

func (m *message) text(field protowire.Number, v string) {
	*m = protowire.AppendString(protowire.AppendTag(*m, field, protowire.BytesType), v)
}

func (m *message) message(field protowire.Number, v message) { m.text(field, string(v)) }

func (m *message) number(field protowire.Number, v int) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), uint64(v))
}

func (m *message) bool(field protowire.Number, v bool) {
	m.number(field, int(protowire.EncodeBool(v)))
}

func (m *message) float(field protowire.Number, v float32) {
	*m = protowire.AppendFixed32(protowire.AppendTag(*m, field, protowire.Fixed32Type), math.Float32bits(v))
}

func (m *message) textUnless(field protowire.Number, v, usual string) {
	if v != usual {
		m.text(field, v)
	}
}

func (m *message) numberUnless(field protowire.Number, v, usual int) {
	if v != usual {
		m.number(field, v)
	}
}

func (m *message) boolUnless(field protowire.Number, v, usual bool) {
	if v != usual {
		m.bool(field, v)
	}
}

func (m *message) floatUnless(field protowire.Number, v, usual float64) {
	if v != usual {
		m.float(field, float32(v))
	}
}
