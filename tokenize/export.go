package tokenize

import (
	"strings"

	"github.com/pali3/pali3/tokenize/sentencepiece"
	"github.com/pali3/pali3/tokenize/tokenizerjson"
)

// ReadProto returns the SentencePiece model with all ids of the vocabulary of cfg: mode tokens and
// sentinels, which the model's file may not have, are user-defined pieces.
func ReadProto(cfg Config) (*sentencepiece.Proto, error) {
	v, err := Open(cfg)
	if err != nil {
		return nil, err
	}
	var proto *sentencepiece.Proto
	if strings.HasSuffix(cfg.Model, ".json") {
		imported, err := tokenizerjson.Import(cfg.Model)
		if err != nil {
			return nil, err
		}
		proto = imported.Proto
	} else if proto, err = sentencepiece.ReadProto(cfg.Model); err != nil {
		return nil, err
	}
	if !hasLayout(len(proto.Pieces), func(id int32) sentencepiece.Piece { return proto.Pieces[id] }) {
		arrange(proto)
	}
	proto.AddSymbols(addedPieces(cfg)...)
	for id := len(proto.Pieces); id < v.Len(); id++ {
		proto.AddSymbols(v.Token(int32(id)))
	}
	return proto, nil
}
