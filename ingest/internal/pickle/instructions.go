package pickle

import (
	"errors"
	"fmt"
	"math/big"
)

// Instructions by their names in Lib/pickletools.py.
const (
	markOp          = '('
	stop            = '.'
	pop             = '0'
	popMark         = '1'
	dup             = '2'
	floatText       = 'F'
	intText         = 'I'
	binInt          = 'J'
	binInt1         = 'K'
	longText        = 'L'
	binInt2         = 'M'
	none            = 'N'
	stringText      = 'S'
	binString       = 'T'
	shortBinString  = 'U'
	unicodeText     = 'V'
	binUnicode      = 'X'
	binBytes        = 'B'
	shortBinBytes   = 'C'
	appendOp        = 'a'
	appends         = 'e'
	dictOp          = 'd'
	emptyDict       = '}'
	get             = 'g'
	binGet          = 'h'
	longBinGet      = 'j'
	listOp          = 'l'
	emptyList       = ']'
	put             = 'p'
	binPut          = 'q'
	longBinPut      = 'r'
	setItem         = 's'
	setItems        = 'u'
	tupleOp         = 't'
	emptyTuple      = ')'
	binFloat        = 'G'
	proto           = 0x80
	tuple1          = 0x85
	tuple2          = 0x86
	tuple3          = 0x87
	newTrue         = 0x88
	newFalse        = 0x89
	long1           = 0x8a
	long4           = 0x8b
	shortBinUnicode = 0x8c
	binUnicode8     = 0x8d
	binBytes8       = 0x8e
	memoize         = 0x94
	frame           = 0x95
)

// programs are the instructions that import, call, or build or request objects.
var programs = map[byte]string{
	'c': "GLOBAL", 'R': "REDUCE", 'b': "BUILD", 'i': "INST", 'o': "OBJ", 'P': "PERSID", 'Q': "BINPERSID",
	0x81: "NEWOBJ", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4", 0x92: "NEWOBJ_EX", 0x93: "STACK_GLOBAL",
	0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER",
}

// step executes one instruction.
func (m *machine) step(op byte) error {
	switch op {
	case proto:
		version, err := m.number(1)
		if err == nil && version > 5 {
			err = fmt.Errorf("protocol %d, this reads 0 to 5", version)
		}
		return err
	case frame:
		_, err := m.number(8)
		return err
	case markOp:
		return m.push(mark{})
	case pop:
		if len(m.stack) == 0 {
			return errStack
		}
		m.stack = m.stack[:len(m.stack)-1]
		return nil
	case popMark:
		_, err := m.popMark()
		return err
	case dup:
		v, err := m.top()
		if err != nil {
			return err
		}
		return m.push(v)
	case put, binPut, longBinPut, memoize, get, binGet, longBinGet:
		return m.remember(op)
	case appendOp, appends, listOp, emptyList, tupleOp, emptyTuple, tuple1, tuple2, tuple3, dictOp, emptyDict, setItem, setItems:
		return m.join(op)
	}
	if name, is := programs[op]; is {
		return fmt.Errorf("%w: %s is not done", ErrProgram, name)
	}
	v, err := m.scalar(op)
	if err != nil {
		return err
	}
	return m.push(v)
}

// remember stores the top value in the memo, or pushes a value of the memo.
func (m *machine) remember(op byte) (err error) {
	at := int64(len(m.memo)) // for memoize
	switch op {
	case put, get:
		at, err = m.decimal()
	case binPut, binGet:
		at, err = m.number(1)
	case longBinPut, longBinGet:
		at, err = m.number(4)
	}
	if err != nil {
		return err
	}
	switch op {
	case get, binGet, longBinGet:
		v, there := m.memo[at]
		if !there {
			return fmt.Errorf("there is no value %d in the memo", at)
		}
		return m.push(v)
	}
	v, err := m.top()
	m.memo[at] = v
	return err
}

// join makes or extends a list, a tuple or a dictionary.
func (m *machine) join(op byte) error {
	var items []any
	var err error
	switch op {
	case appends, listOp, tupleOp, dictOp, setItems:
		items, err = m.popMark()
	case appendOp, tuple1:
		items, err = m.popN(1)
	case setItem, tuple2:
		items, err = m.popN(2)
	case tuple3:
		items, err = m.popN(3)
	}
	if err != nil {
		return err
	}
	switch op {
	case emptyList, listOp:
		return m.push(&List{items})
	case emptyTuple, tupleOp, tuple1, tuple2, tuple3:
		return m.push(Tuple(items))
	case appendOp, appends:
		v, err := m.top()
		list, is := v.(*List)
		if err != nil || !is {
			return errors.Join(err, fmt.Errorf("items for a %T, which is no list", v))
		}
		list.Items = append(list.Items, items...)
		return nil
	case emptyDict, dictOp:
		if err := m.push(Dict{}); err != nil {
			return err
		}
	}
	v, err := m.top()
	dict, is := v.(Dict)
	if err != nil || !is || len(items)%2 != 0 {
		return errors.Join(err, fmt.Errorf("%d keys and values for a %T", len(items), v))
	}
	for i := 0; i < len(items); i += 2 {
		switch key := items[i].(type) {
		case nil, bool, int64, float64, string:
			dict[key] = items[i+1]
		default:
			return fmt.Errorf("a dictionary with a key that is a %T", key)
		}
	}
	return nil
}

func (m *machine) popN(n int) ([]any, error) {
	items := make([]any, n)
	for i := range items {
		v, err := m.pop()
		if err != nil {
			return nil, err
		}
		items[n-1-i] = v
	}
	return items, nil
}

// scalar reads a number or a text.
func (m *machine) scalar(op byte) (any, error) {
	switch op {
	case none:
		return nil, nil
	case newTrue:
		return true, nil
	case newFalse:
		return false, nil
	case binInt:
		n, err := m.number(4)
		return int64(int32(n)), err
	case binInt1:
		return m.numberOf(1)
	case binInt2:
		return m.numberOf(2)
	case binFloat:
		return m.float()
	case long1, long4:
		return m.long(map[byte]int{long1: 1, long4: 4}[op])
	case intText, longText, floatText:
		return m.numberText(op)
	case stringText:
		return m.quoted()
	case unicodeText:
		return m.escaped()
	case shortBinString, shortBinBytes, shortBinUnicode:
		return m.text(1)
	case binString, binUnicode, binBytes:
		return m.text(4)
	case binUnicode8, binBytes8:
		return m.text(8)
	}
	return nil, fmt.Errorf("an instruction that is not known")
}

// littleEndian returns the number in two's complement of any length.
func littleEndian(b []byte) any {
	negative := len(b) > 0 && b[len(b)-1] >= 0x80
	big := new(big.Int).SetBytes(reversed(b))
	if negative {
		big.Sub(big, power(8*len(b)))
	}
	if big.IsInt64() {
		return big.Int64()
	}
	return big
}

func power(bits int) *big.Int { return new(big.Int).Lsh(big.NewInt(1), uint(bits)) }

func reversed(b []byte) []byte {
	r := make([]byte, len(b))
	for i, c := range b {
		r[len(b)-1-i] = c
	}
	return r
}
