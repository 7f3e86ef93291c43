// Command tokenize runs package sentencepiece on a file of texts. Scripts under parity/ and
// bench/tokenize compare the results with those of other libraries.
//
//	tokenize parity MODEL TEXTS OUT        encode every text to a SentencePieceText message
//	tokenize nbest MODEL TEXTS OUT N       write the N best segmentations of every text
//	tokenize time MODEL TEXTS THREADS      print the seconds for encoding and decoding as JSON
//
// TEXTS and OUT contain byte strings, each preceded by its length as a little-endian uint32.
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
)

var commands = map[string]struct {
	args int
	run  func(args []string) error
}{
	"parity": {3, parity},
	"nbest":  {4, nbest},
	"time":   {3, timing},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "tokenize:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("want a command: parity, nbest or time")
	}
	command, ok := commands[args[0]]
	if !ok || len(args)-1 != command.args {
		return fmt.Errorf("%s with %d arguments is no command; want parity with 3, nbest with 4 or time with 3", args[0], len(args)-1)
	}
	return command.run(args[1:])
}

// readTexts reads a file of strings.
func readTexts(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var texts []string
	for rest := string(data); len(rest) > 0; {
		if len(rest) < 4 {
			return nil, fmt.Errorf("%s ends within a length", path)
		}
		size := int(binary.LittleEndian.Uint32([]byte(rest[:4])))
		if len(rest)-4 < size {
			return nil, fmt.Errorf("%s ends within text %d", path, len(texts))
		}
		texts = append(texts, rest[4:4+size])
		rest = rest[4+size:]
	}
	return texts, nil
}

// writeTexts writes a file of n strings, which the function each returns.
func writeTexts(path string, n int, each func(i int) []byte) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriterSize(file, 1<<20)
	for i := range n {
		text := each(i)
		if err := binary.Write(out, binary.LittleEndian, uint32(len(text))); err != nil {
			return err
		}
		if _, err := out.Write(text); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}
